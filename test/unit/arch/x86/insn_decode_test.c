/*
 * The #VC instruction decoder: every opcode it knows, alone and behind prefixes; every shorter part
 * of each is refused, and so is everything else.
 */
#include "x86/insn_decode.h"

#include "base/compiler.h"
#include "snp/ghcb.h"
#include "unit.h"

struct known {
	const char *name;
	uint8_t code[4];
	uint8_t bytes;
	uint64_t exit_code;
};

static const struct known known[] = {
	{ "INSB", { 0x6C }, 1, EXIT_IOIO },
	{ "INSD", { 0x6D }, 1, EXIT_IOIO },
	{ "OUTSB", { 0x6E }, 1, EXIT_IOIO },
	{ "OUTSD", { 0x6F }, 1, EXIT_IOIO },
	{ "IN AL, imm8", { 0xE4, 0x40 }, 2, EXIT_IOIO },
	{ "IN EAX, imm8", { 0xE5, 0x66 }, 2, EXIT_IOIO },
	{ "OUT imm8, AL", { 0xE6, 0xF4 }, 2, EXIT_IOIO },
	{ "OUT imm8, EAX", { 0xE7, 0x0F }, 2, EXIT_IOIO },
	{ "IN AL, DX", { 0xEC }, 1, EXIT_IOIO },
	{ "IN EAX, DX", { 0xED }, 1, EXIT_IOIO },
	{ "OUT DX, AL", { 0xEE }, 1, EXIT_IOIO },
	{ "OUT DX, EAX", { 0xEF }, 1, EXIT_IOIO },
	{ "HLT", { 0xF4 }, 1, EXIT_HLT },
	{ "INVD", { 0x0F, 0x08 }, 2, EXIT_INVD },
	{ "WBINVD", { 0x0F, 0x09 }, 2, EXIT_WBINVD },
	{ "WRMSR", { 0x0F, 0x30 }, 2, EXIT_MSR },
	{ "RDTSC", { 0x0F, 0x31 }, 2, EXIT_RDTSC },
	{ "RDMSR", { 0x0F, 0x32 }, 2, EXIT_MSR },
	{ "RDPMC", { 0x0F, 0x33 }, 2, EXIT_RDPMC },
	{ "CPUID", { 0x0F, 0xA2 }, 2, EXIT_CPUID },
	{ "MONITOR", { 0x0F, 0x01, 0xC8 }, 3, EXIT_MONITOR },
	{ "MWAIT", { 0x0F, 0x01, 0xC9 }, 3, EXIT_MWAIT },
	{ "VMMCALL", { 0x0F, 0x01, 0xD9 }, 3, EXIT_VMMCALL },
	{ "RDTSCP", { 0x0F, 0x01, 0xF9 }, 3, EXIT_RDTSCP },
};

static const struct insn untouched = { 0xDEAD, 0x77 };

/* What must not change when decoding fails. */
static void check_refused(const uint8_t *code, size_t bytes, enum err want)
{
	struct insn insn = untouched;

	CHECK_EQ(insn_decode(code, bytes, &insn), want);
	CHECK_EQ(insn.exit_code, untouched.exit_code);
	CHECK_EQ(insn.bytes, untouched.bytes);
}

/* Builds prefixes, then the opcode; returns the length. */
static uint8_t build(uint8_t *to, const uint8_t *prefixes, uint8_t prefix_bytes,
		     const struct known *k)
{
	memcpy(to, prefixes, prefix_bytes);
	memcpy(to + prefix_bytes, k->code, k->bytes);
	return (uint8_t)(prefix_bytes + k->bytes);
}

static void check_known(const struct known *k, const uint8_t *prefixes, uint8_t prefix_bytes)
{
	uint8_t code[32];
	struct insn insn = untouched;
	uint8_t bytes = build(code, prefixes, prefix_bytes, k);

	/* What follows the instruction must not matter. */
	memset(code + bytes, 0x0F, sizeof(code) - bytes);
	CHECK_EQ(insn_decode(code, sizeof(code), &insn), ERR_OK);
	CHECK_EQ(insn.exit_code, k->exit_code);
	CHECK_EQ(insn.bytes, bytes);
	CHECK_EQ(insn_decode(code, bytes, &insn), ERR_OK);
	for (size_t n = 0; n < bytes; n++) {
		check_refused(code, n, ERR_FORMAT);
	}
}

static const uint8_t no_prefix[1];

TEST(every_opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		ROW(known[i].name);
		check_known(&known[i], no_prefix, 0);
	}
}

static const uint8_t legacy[] = { 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65,
				  0x66, 0x67, 0xF0, 0xF2, 0xF3 };

TEST(every_opcode_behind_each_prefix)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		ROW(known[i].name);
		for (size_t p = 0; p < sizeof(legacy); p++) {
			check_known(&known[i], &legacy[p], 1);
		}
		for (uint8_t rex = 0x40; rex < 0x50; rex++) {
			const uint8_t both[] = { 0x66, rex };

			check_known(&known[i], &rex, 1);
			check_known(&known[i], both, sizeof(both));
		}
	}
}

/* The longest instruction has 15 bytes, whatever follows and however many bytes are given. */
TEST(fifteen_bytes_at_most)
{
	uint8_t prefixes[INSN_BYTES_MAX];
	uint8_t code[32];

	memset(prefixes, 0x66, sizeof(prefixes));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		uint8_t fits = (uint8_t)(INSN_BYTES_MAX - known[i].bytes);
		uint8_t bytes;

		ROW(known[i].name);
		check_known(&known[i], prefixes, fits);
		bytes = build(code, prefixes, (uint8_t)(fits + 1), &known[i]);
		check_refused(code, bytes, ERR_FORMAT);
		check_refused(code, sizeof(code), ERR_FORMAT);
	}
}

static bool is_known(uint8_t first, uint8_t second, uint8_t third)
{
	const uint8_t code[] = { first, second, third };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		size_t opcode_bytes = first == 0x0F ? (second == 0x01 ? 3 : 2) : 1;

		if (memcmp(known[i].code, code, opcode_bytes) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_prefix(uint8_t byte)
{
	return memchr(legacy, byte, sizeof(legacy)) != NULL || (byte & 0xF0) == 0x40;
}

/* All of one byte, of 0F xx, of 0F 01 xx: known exactly where the table above says so. */
TEST(nothing_else)
{
	for (unsigned int b = 0; b < 256; b++) {
		const uint8_t one[] = { (uint8_t)b, 0x90, 0x90 };
		const uint8_t two[] = { 0x0F, (uint8_t)b, 0x90 };
		const uint8_t three[] = { 0x0F, 0x01, (uint8_t)b };

		if (b != 0x0F && !is_prefix(one[0]) && !is_known(one[0], 0x90, 0x90)) {
			check_refused(one, sizeof(one), ERR_UNSUPPORTED);
		}
		if (b != 0x01 && !is_known(0x0F, two[1], 0x90)) {
			check_refused(two, sizeof(two), ERR_UNSUPPORTED);
		}
		if (!is_known(0x0F, 0x01, three[2])) {
			check_refused(three, sizeof(three), ERR_UNSUPPORTED);
		}
	}
}

/* One REX, and last: the processor ignores any other, so what follows it is no opcode of ours. */
TEST(rex_must_be_last)
{
	static const struct {
		const char *name;
		uint8_t code[4];
	} rows[] = {
		{ "two of them", { 0x48, 0x48, 0x0F, 0xA2 } },
		{ "before a legacy prefix", { 0x48, 0x66, 0x0F, 0xA2 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		check_refused(rows[i].code, sizeof(rows[i].code), ERR_UNSUPPORTED);
	}
}

UNIT_MAIN(CASE(every_opcode), CASE(every_opcode_behind_each_prefix), CASE(fifteen_bytes_at_most),
	  CASE(nothing_else), CASE(rex_must_be_last))
