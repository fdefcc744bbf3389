/* Attestation's operation structure: every rule, one row per refusal; and the host's tables. */
#include <stdint.h>
#include <string.h>

#include "attestation/attestation.h"
#include "base/compiler.h"
#include "unit.h"

#define SINGLE SVSM_ATTEST_SINGLE_SERVICE
#define ALL    SVSM_ATTEST_SERVICES

static const struct place_case {
	const char *name;
	uint32_t call;
	uint64_t gpa;
	enum err err;
	size_t bytes;
} place_cases[] = {
	{"all", ALL, 0x5000, ERR_OK, 0x40},
	{"single", SINGLE, 0x5008, ERR_OK, 0x58},
	{"all, end of page", ALL, 0x5FC0, ERR_OK, 0x40},
	{"all, crosses", ALL, 0x5FC8, ERR_INVALID, 0},
	{"single, end of page", SINGLE, 0x5FA8, ERR_OK, 0x58},
	{"single, crosses", SINGLE, 0x5FB0, ERR_INVALID, 0},
	{"misaligned by 4", ALL, 0x5004, ERR_INVALID, 0},
	{"misaligned by 1", SINGLE, 0x5001, ERR_INVALID, 0},
	{"last page of all", ALL, UINT64_C(0xFFFFFFFFFFFFFFC0), ERR_OK, 0x40},
	{"wraps", ALL, UINT64_C(0xFFFFFFFFFFFFFFF8), ERR_INVALID, 0},
};

TEST(place)
{
	for (size_t i = 0; i < ARRAY_SIZE(place_cases); i++) {
		const struct place_case *c = &place_cases[i];
		size_t bytes = 0;

		ROW(c->name);
		CHECK_EQ(attest_decode_place(c->call, c->gpa, &bytes), c->err);
		CHECK_EQ(bytes, c->bytes);
	}
}

static const struct svsm_attest_single_service good = {
	.common =
		{
			.report_gpa = 0x10000,
			.report_bytes = 0x1000,
			.nonce_gpa = 0x20FC0,
			.nonce_bytes = 64,
			.manifest_gpa = 0x30000,
			.manifest_bytes = 0x3001,
			.certificates_gpa = 0x40000,
			.certificates_bytes = 0x4000,
		},
	.guid = {1, 2, 3},
	.manifest_version = 7,
};

TEST(good_structures)
{
	struct attest_args args;

	CHECK_EQ(attest_decode(SINGLE, &good, &args), ERR_OK);
	CHECK_EQ(args.report.gpa, 0x10000);
	CHECK_EQ(args.report.bytes, 0x1000);
	CHECK_EQ(args.nonce_gpa, 0x20FC0);
	CHECK_EQ(args.manifest.gpa, 0x30000);
	CHECK_EQ(args.manifest.bytes, 0x3001);
	CHECK_EQ(args.certificates.gpa, 0x40000);
	CHECK_EQ(args.certificates.bytes, 0x4000);
	CHECK(args.is_single);
	CHECK_EQ(args.manifest_version, 7);
	CHECK_MEM(args.guid, good.guid, sizeof(args.guid));
	CHECK_EQ(attest_decode(ALL, &good, &args), ERR_OK);
	CHECK(!args.is_single);
	CHECK_EQ(args.manifest_version, 0);
}

/* The bytes of one field replaced. */
static const struct bad_case {
	const char *name;
	uint32_t call;
	size_t offset;
	size_t bytes;
	uint64_t value;
	enum err err;
} bad_cases[] = {
	{"report misaligned", ALL, 0x00, 8, 0x10800, ERR_INVALID},
	{"report wraps", ALL, 0x00, 8, UINT64_C(0xFFFFFFFFFFFFF000), ERR_INVALID},
	{"report of nothing", ALL, 0x08, 4, 0, ERR_OK},
	{"reserved 0c, lowest bit", ALL, 0x0C, 4, 1, ERR_INVALID},
	{"reserved 0c, highest bit", ALL, 0x0C, 4, 0x80000000, ERR_INVALID},
	{"nonce crosses its page", ALL, 0x10, 8, 0x20FC1, ERR_INVALID},
	{"nonce needs no alignment", ALL, 0x10, 8, 0x20001, ERR_OK},
	{"nonce of nothing", ALL, 0x18, 2, 0, ERR_INVALID},
	{"nonce too short", ALL, 0x18, 2, 63, ERR_INVALID},
	{"nonce too long", ALL, 0x18, 2, 65, ERR_INVALID},
	{"nonce of 64 KiB", ALL, 0x18, 2, 0xFFFF, ERR_INVALID},
	{"reserved 1a, as Linux' length", ALL, 0x1A, 2, 1, ERR_INVALID},
	{"reserved 1f", ALL, 0x1F, 1, 0x80, ERR_INVALID},
	{"manifest misaligned", ALL, 0x20, 8, 0x30001, ERR_INVALID},
	{"manifest wraps", ALL, 0x20, 8, UINT64_C(0xFFFFFFFFFFFFE000), ERR_INVALID},
	{"manifest of nothing", ALL, 0x28, 4, 0, ERR_OK},
	{"reserved 2c", ALL, 0x2C, 4, 1, ERR_INVALID},
	{"certificates misaligned", ALL, 0x30, 8, 0x40FFF, ERR_INVALID},
	{"certificates wrap", ALL, 0x30, 8, UINT64_C(0xFFFFFFFFFFFFD000), ERR_INVALID},
	{"no certificates", ALL, 0x38, 4, 0, ERR_OK},
	{"reserved 3c", ALL, 0x3C, 4, 1, ERR_INVALID},
	{"reserved 54", SINGLE, 0x54, 4, 0x100, ERR_INVALID},
	{"54 is behind the structure", ALL, 0x54, 4, 0x100, ERR_OK},
};

TEST(bad_structures)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_cases); i++) {
		const struct bad_case *c = &bad_cases[i];
		struct svsm_attest_single_service operation = good;
		struct attest_args args;

		ROW(c->name);
		memcpy((uint8_t *)&operation + c->offset, &c->value, c->bytes);
		CHECK_EQ(attest_decode(c->call, &operation, &args), c->err);
	}
}

/* A page of a host's table: entries of { GUID's byte, offset, bytes }. */
struct table_entry {
	uint8_t guid;
	uint32_t offset;
	uint32_t bytes;
};

static const struct table_case {
	const char *name;
	struct table_entry entries[3]; /* all zero: the end */
	uint64_t pages;
	enum err err;
	size_t bytes;
} table_cases[] = {
	{"empty", {{0}}, 4, ERR_OK, 0},
	{"one", {{1, 48, 100}}, 1, ERR_OK, 148},
	{"two, the first is behind", {{1, 500, 100}, {2, 100, 100}}, 1, ERR_OK, 600},
	{"up to the end", {{1, 48, 4048}}, 1, ERR_OK, 4096},
	{"beyond the end", {{1, 48, 4049}}, 1, ERR_FORMAT, 0},
	{"second page", {{1, 4096, 4096}}, 2, ERR_OK, 8192},
	{"second page is not there", {{1, 4096, 1}}, 1, ERR_FORMAT, 0},
	{"sum wraps 32 bits", {{1, UINT32_MAX, 2}}, 4, ERR_FORMAT, 0},
	{"an entry of nothing", {{1, 0, 0}}, 1, ERR_OK, 48},
	{"no page at all", {{1, 0, 1}}, 0, ERR_FORMAT, 0},
};

TEST(certificate_tables)
{
	for (size_t i = 0; i < ARRAY_SIZE(table_cases); i++) {
		const struct table_case *c = &table_cases[i];
		uint8_t page[4096] = {0};
		size_t bytes = 0;

		ROW(c->name);
		for (size_t e = 0; e < ARRAY_SIZE(c->entries); e++) {
			memset(page + 24 * e, c->entries[e].guid, 16);
			memcpy(page + 24 * e + 16, &c->entries[e].offset, 4);
			memcpy(page + 24 * e + 20, &c->entries[e].bytes, 4);
		}
		CHECK_EQ(attest_certificates_measure(page, c->pages, &bytes), c->err);
		CHECK_EQ(bytes, c->bytes);
	}
}

TEST(certificate_table_without_end)
{
	uint8_t page[4096];
	size_t bytes = 0;

	memset(page, 0, sizeof(page));
	for (size_t at = 0; at < sizeof(page); at += 24) {
		page[at] = 1;
	}
	CHECK_EQ(attest_certificates_measure(page, 1, &bytes), ERR_FORMAT);
	/* The last whole entry of the page may be the end. */
	page[24 * 169] = 0;
	CHECK_EQ(attest_certificates_measure(page, 1, &bytes), ERR_OK);
	CHECK_EQ(bytes, 24 * 170);
}

UNIT_MAIN(CASE(place), CASE(good_structures), CASE(bad_structures), CASE(certificate_tables),
	  CASE(certificate_table_without_end))
