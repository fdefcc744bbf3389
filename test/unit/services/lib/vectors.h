/*
 * RFC 8949's examples (appendix A), and what the CBOR tests share: hexadecimal in, the RFC's
 * diagnostic notation out, and a copy of a message by reading and writing it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/cbor.h"

#define VECTOR_BYTES 256
#define COPY_BYTES   512

struct vector {
	const char *text; /* diagnostic notation */
	const char *hex;
};

static const struct vector good_vectors[] = {
	{"0", "00"},
	{"1", "01"},
	{"10", "0a"},
	{"23", "17"},
	{"24", "1818"},
	{"25", "1819"},
	{"100", "1864"},
	{"1000", "1903e8"},
	{"1000000", "1a000f4240"},
	{"1000000000000", "1b000000e8d4a51000"},
	{"18446744073709551615", "1bffffffffffffffff"},
	{"-18446744073709551616", "3bffffffffffffffff"},
	{"-1", "20"},
	{"-10", "29"},
	{"-100", "3863"},
	{"-1000", "3903e7"},
	{"false", "f4"},
	{"true", "f5"},
	{"null", "f6"},
	{"h''", "40"},
	{"h'01020304'", "4401020304"},
	{"\"\"", "60"},
	{"\"a\"", "6161"},
	{"\"IETF\"", "6449455446"},
	{"\"\"\\\"", "62225c"}, /* what the printer here does not escape */
	{"\"\xc3\xbc\"", "62c3bc"},
	{"\"\xe6\xb0\xb4\"", "63e6b0b4"},
	{"\"\xf0\x90\x85\x91\"", "64f0908591"},
	{"[]", "80"},
	{"[1, 2, 3]", "83010203"},
	{"[1, [2, 3], [4, 5]]", "8301820203820405"},
	{"[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
	 "25]",
	 "98190102030405060708090a0b0c0d0e0f101112131415161718181819"},
	{"{}", "a0"},
	{"{1: 2, 3: 4}", "a201020304"},
	{"{\"a\": 1, \"b\": [2, 3]}", "a26161016162820203"},
	{"[\"a\", {\"b\": \"c\"}]", "826161a161626163"},
	{"{\"a\": \"A\", \"b\": \"B\", \"c\": \"C\", \"d\": \"D\", \"e\": \"E\"}",
	 "a56161614161626142616361436164614461656145"},
};

/* Well formed, but not what is allowed here: floats, tags, undefined, unassigned, open lengths. */
static const struct vector other_vectors[] = {
	{"18446744073709551616", "c249010000000000000000"},
	{"-18446744073709551617", "c349010000000000000000"},
	{"0.0", "f90000"},
	{"-0.0", "f98000"},
	{"1.0", "f93c00"},
	{"1.1", "fb3ff199999999999a"},
	{"65504.0", "f97bff"},
	{"100000.0", "fa47c35000"},
	{"5.960464477539063e-8", "f90001"},
	{"Infinity", "f97c00"},
	{"NaN", "f97e00"},
	{"-Infinity", "f9fc00"},
	{"Infinity, single", "fa7f800000"},
	{"NaN, double", "fb7ff8000000000000"},
	{"undefined", "f7"},
	{"simple(16)", "f0"},
	{"simple(255)", "f8ff"},
	{"0(\"2013-03-21T20:04:00Z\")", "c074323031332d30332d32315432303a30343a30305a"},
	{"1(1363896240)", "c11a514b67b0"},
	{"1(1363896240.5)", "c1fb41d452d9ec200000"},
	{"23(h'01020304')", "d74401020304"},
	{"24(h'6449455446')", "d818456449455446"},
	{"(_ h'0102', h'030405')", "5f42010243030405ff"},
	{"(_ \"strea\", \"ming\")", "7f657374726561646d696e67ff"},
	{"[_ ]", "9fff"},
	{"[_ 1, [2, 3], [_ 4, 5]]", "9f018202039f0405ffff"},
	{"[_ 1, [2, 3], [4, 5]]", "9f01820203820405ff"},
	{"[1, [2, 3], [_ 4, 5]]", "83018202039f0405ff"},
	{"[1, [_ 2, 3], [4, 5]]", "83019f0203ff820405"},
	{"{_ \"a\": 1, \"b\": [_ 2, 3]}", "bf61610161629f0203ffff"},
	{"[\"a\", {_ \"b\": \"c\"}]", "826161bf61626163ff"},
	{"{_ \"Fun\": true, \"Amt\": -2}", "bf6346756ef563416d7421ff"},
};

/* Yields the number of bytes. */
static inline size_t vector_bytes(const char *hex, uint8_t bytes[VECTOR_BYTES])
{
	size_t count = strlen(hex) / 2;

	for (size_t i = 0; i < count; i++) {
		unsigned int byte = 0;

		(void)sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
	}
	return count;
}

/* Reads one item from a message and writes it to another. */
static inline bool vector_copy_item(struct cbor_reader *reader, struct wrbuf *out)
{
	struct cbor_item item;

	if (!cbor_next(reader, &item)) {
		return false;
	}
	switch (item.kind) {
	case CBOR_UINT:
		cbor_put_uint(out, item.value);
		break;
	case CBOR_NEGATIVE:
		cbor_put_negative(out, item.value);
		break;
	case CBOR_BYTES:
		cbor_put_bytes(out, item.data, item.value);
		break;
	case CBOR_TEXT:
		cbor_put_text(out, (const char *)item.data, item.value);
		break;
	case CBOR_ARRAY:
		cbor_put_array(out, item.value);
		break;
	case CBOR_MAP:
		cbor_put_map(out, item.value);
		break;
	case CBOR_BOOL:
		cbor_put_bool(out, item.value != 0);
		break;
	case CBOR_NULL:
		cbor_put_null(out);
		break;
	case CBOR_NOTHING:
	default:
		return false;
	}
	return true;
}

/* ERR_OK: `data` is one message, and `out` holds it again or has failed. */
static inline enum err vector_copy(const void *data, size_t bytes, struct wrbuf *out)
{
	struct cbor_reader reader = cbor_reader_over(data, bytes);

	while (cbor_end(&reader) != ERR_OK) {
		if (!vector_copy_item(&reader, out)) {
			return ERR_FORMAT;
		}
	}
	return ERR_OK;
}
