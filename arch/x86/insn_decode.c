/*
 * 64-bit code. Prefixes are skipped as the processor does; of the opcodes only those that SNP turns
 * into #VC without a memory operand are known, so nothing beyond the opcode needs decoding.
 */
#include "x86/insn_decode.h"

#include <stdbool.h>

#include "base/buf.h"
#include "snp/ghcb.h"

struct opcode {
	uint8_t code;
	uint8_t immediate_bytes;
	uint16_t exit_code;
};

static const struct opcode one_byte[] = {
	{0x6C, 0, EXIT_IOIO}, {0x6D, 0, EXIT_IOIO}, {0x6E, 0, EXIT_IOIO}, {0x6F, 0, EXIT_IOIO},
	{0xE4, 1, EXIT_IOIO}, {0xE5, 1, EXIT_IOIO}, {0xE6, 1, EXIT_IOIO}, {0xE7, 1, EXIT_IOIO},
	{0xEC, 0, EXIT_IOIO}, {0xED, 0, EXIT_IOIO}, {0xEE, 0, EXIT_IOIO}, {0xEF, 0, EXIT_IOIO},
	{0xF4, 0, EXIT_HLT},
};

/* After 0F. */
static const struct opcode two_byte[] = {
	{0x08, 0, EXIT_INVD}, {0x09, 0, EXIT_WBINVD}, {0x30, 0, EXIT_MSR},   {0x31, 0, EXIT_RDTSC},
	{0x32, 0, EXIT_MSR},  {0x33, 0, EXIT_RDPMC},  {0xA2, 0, EXIT_CPUID},
};

/* After 0F 01. */
static const struct opcode group7[] = {
	{0xC8, 0, EXIT_MONITOR},
	{0xC9, 0, EXIT_MWAIT},
	{0xD9, 0, EXIT_VMMCALL},
	{0xF9, 0, EXIT_RDTSCP},
};

static bool is_legacy_prefix(uint8_t b)
{
	static const uint8_t prefixes[] = {
		0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3,
	};

	for (size_t i = 0; i < sizeof(prefixes); i++) {
		if (b == prefixes[i]) {
			return true;
		}
	}
	return false;
}

static uint8_t skip_prefixes(struct rdbuf *b)
{
	uint8_t byte = rdbuf_u8(b);

	while (!b->failed && is_legacy_prefix(byte)) {
		byte = rdbuf_u8(b);
	}
	/* One REX prefix, last before the opcode. */
	return (byte & 0xF0) == 0x40 ? rdbuf_u8(b) : byte;
}

static enum err look_up(const struct opcode *table, size_t count, uint8_t code, struct rdbuf *b,
			struct insn *insn)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].code == code) {
			(void)rdbuf_take(b, table[i].immediate_bytes);
			if (b->failed) {
				return ERR_FORMAT;
			}
			*insn = (struct insn){table[i].exit_code, (uint8_t)b->at};
			return ERR_OK;
		}
	}
	return b->failed ? ERR_FORMAT : ERR_UNSUPPORTED;
}

enum err insn_decode(const uint8_t *code, size_t bytes, struct insn *insn)
{
	struct rdbuf b = rdbuf_over(code, bytes < INSN_BYTES_MAX ? bytes : INSN_BYTES_MAX);
	uint8_t opcode = skip_prefixes(&b);

	if (b.failed) {
		return ERR_FORMAT;
	}
	if (opcode != 0x0F) {
		return look_up(one_byte, ARRAY_SIZE(one_byte), opcode, &b, insn);
	}
	opcode = rdbuf_u8(&b);
	if (opcode != 0x01) {
		return look_up(two_byte, ARRAY_SIZE(two_byte), opcode, &b, insn);
	}
	opcode = rdbuf_u8(&b);
	return look_up(group7, ARRAY_SIZE(group7), opcode, &b, insn);
}
