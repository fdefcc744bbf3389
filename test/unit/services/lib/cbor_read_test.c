/* Reading: the RFC's examples as they should read, and all that is refused. */
#include "lib/cbor.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "unit.h"
#include "vectors.h"

/* The RFC's diagnostic notation of one item. */
static void print(FILE *file, struct cbor_reader *reader);

static void print_number(FILE *file, const struct cbor_item *item)
{
	if (item->kind == CBOR_UINT) {
		fprintf(file, "%llu", (unsigned long long)item->value);
	} else if (item->value == UINT64_MAX) {
		fprintf(file, "-18446744073709551616"); /* C has no such number */
	} else {
		fprintf(file, "-%llu", (unsigned long long)item->value + 1);
	}
}

static void print_bytes(FILE *file, const struct cbor_item *item)
{
	if (item->kind == CBOR_TEXT) {
		fprintf(file, "\"%.*s\"", (int)item->value, item->data);
		return;
	}
	fprintf(file, "h'");
	for (uint64_t i = 0; i < item->value; i++) {
		fprintf(file, "%02x", item->data[i]);
	}
	fprintf(file, "'");
}

static void print_inside(FILE *file, struct cbor_reader *reader, const struct cbor_item *item)
{
	bool is_map = item->kind == CBOR_MAP;

	fprintf(file, is_map ? "{" : "[");
	for (uint64_t i = 0; i < item->value; i++) {
		fprintf(file, i == 0 ? "" : ", ");
		print(file, reader);
		if (is_map) {
			fprintf(file, ": ");
			print(file, reader);
		}
	}
	fprintf(file, is_map ? "}" : "]");
}

static void print(FILE *file, struct cbor_reader *reader)
{
	struct cbor_item item;

	(void)cbor_next(reader, &item);
	switch (item.kind) {
	case CBOR_UINT:
	case CBOR_NEGATIVE:
		print_number(file, &item);
		break;
	case CBOR_BYTES:
	case CBOR_TEXT:
		print_bytes(file, &item);
		break;
	case CBOR_ARRAY:
	case CBOR_MAP:
		print_inside(file, reader, &item);
		break;
	case CBOR_BOOL:
		fprintf(file, item.value != 0 ? "true" : "false");
		break;
	case CBOR_NULL:
		fprintf(file, "null");
		break;
	case CBOR_NOTHING:
	default:
		fprintf(file, "?");
		break;
	}
}

TEST(examples)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_vectors); i++) {
		uint8_t data[VECTOR_BYTES];
		char text[256] = "";
		struct cbor_reader reader =
			cbor_reader_over(data, vector_bytes(good_vectors[i].hex, data));
		FILE *file = fmemopen(text, sizeof(text), "w");

		ROW(good_vectors[i].text);
		CHECK_EQ(cbor_end(&reader), ERR_FORMAT);
		print(file, &reader);
		fclose(file);
		CHECK_EQ(cbor_end(&reader), ERR_OK);
		CHECK_STR(text, good_vectors[i].text);
	}
}

/*
 * Read item by item and skipped, which must agree, from memory of just that size, so that the
 * sanitizer sees a byte too many.
 */
static enum err read_all(const uint8_t *data, size_t bytes)
{
	uint8_t room[COPY_BYTES];
	struct wrbuf out = wrbuf_over(room, sizeof(room));
	uint8_t *copy = malloc(bytes);
	struct cbor_reader reader;
	enum err err;

	memcpy(copy, data, bytes);
	err = vector_copy(copy, bytes, &out);
	reader = cbor_reader_over(copy, bytes);
	cbor_skip(&reader);
	CHECK_EQ(cbor_end(&reader), err);
	free(copy);
	return err;
}

TEST(shorter_prefixes)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_vectors); i++) {
		uint8_t data[VECTOR_BYTES];
		size_t bytes = vector_bytes(good_vectors[i].hex, data);

		ROW(good_vectors[i].text);
		for (size_t shorter = 0; shorter < bytes; shorter++) {
			CHECK_EQ(read_all(data, shorter), ERR_FORMAT);
		}
	}
}

TEST(trailing_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_vectors); i++) {
		uint8_t data[VECTOR_BYTES];
		size_t bytes = vector_bytes(good_vectors[i].hex, data);

		ROW(good_vectors[i].text);
		for (unsigned int byte = 0; byte <= UINT8_MAX; byte++) {
			data[bytes] = (uint8_t)byte;
			CHECK_EQ(read_all(data, bytes + 1), ERR_FORMAT);
		}
	}
}

TEST(other_examples)
{
	for (size_t i = 0; i < ARRAY_SIZE(other_vectors); i++) {
		uint8_t data[VECTOR_BYTES];

		ROW(other_vectors[i].text);
		CHECK_EQ(read_all(data, vector_bytes(other_vectors[i].hex, data)), ERR_FORMAT);
	}
}

/* RFC 8949, appendix F: what is not well formed. */
static const char *const malformed[] = {
	/* clang-format off */
	/* the head ends early */
	"18", "19", "1a", "1b", "1901", "1a0102", "1b01020304050607", "38", "58", "78", "98",
	"9a01ff00", "b8", "d8", "f8", "f900", "fa0000", "fb000000",
	/* too few bytes of content */
	"41", "61", "5affffffff00", "5bffffffffffffffff010203", "7affffffff00",
	"7b7fffffffffffffff010203",
	/* too few items */
	"81", "818181818181818181", "8200", "a1", "a20102", "a100", "a2000000", "c0",
	/* open lengths without an end */
	"5f4100", "7f6100", "9f", "9f0102", "bf", "bf01020102", "819f", "9f8000",
	"9f9f9f9f9fffffffff", "9f819f819f9fffffff",
	/* reserved */
	"1c", "1d", "1e", "3c", "3d", "3e", "5c", "5d", "5e", "7c", "7d", "7e", "9c", "9d", "9e",
	"bc", "bd", "be", "dc", "dd", "de", "fc", "fd", "fe", "f800", "f801", "f818", "f81f",
	/* wrong chunks */
	"5f00ff", "5f21ff", "5f6100ff", "5f80ff", "5fa0ff", "5fc000ff", "5fe0ff", "7f4100ff",
	"5f5f4100ffff", "7f7f6100ffff",
	/* a break where none may be */
	"ff", "81ff", "8200ff", "a1ff", "a1ff00", "a100ff", "a20000ff", "9f81ff",
	"9f829f819f9fffffffff", "bf00ff", "bf000000ff", "1f", "3f", "df",
	/* clang-format on */
};

/* Well formed, but not the one encoding that is allowed (section 4.2.1), or over a limit. */
static const struct vector refused[] = {
	{"0 in two bytes", "1800"},
	{"23 in two bytes", "1817"},
	{"24 in three bytes", "190018"},
	{"255 in three bytes", "1900ff"},
	{"65535 in five bytes", "1a0000ffff"},
	{"2^32 - 1 in nine bytes", "1b00000000ffffffff"},
	{"-1 in two bytes", "3800"},
	{"-256 in three bytes", "3900ff"},
	{"-65536 in five bytes", "3a0000ffff"},
	{"-2^32 in nine bytes", "3b00000000ffffffff"},
	{"length 0 of bytes in two", "5800"},
	{"length 1 of bytes in three", "59000101"},
	{"length 1 of bytes in five", "5a0000000101"},
	{"length 1 of bytes in nine", "5b000000000000000101"},
	{"length 1 of text in two", "780161"},
	{"length 0 of an array in two", "9800"},
	{"length 1 of an array in three", "99000100"},
	{"length 0 of a map in two", "b800"},
	{"length 1 of a map in five", "ba000000010000"},
	{"false in two bytes", "f814"},
	{"the same key twice", "a201000100"},
	{"the same key twice, then another", "a3010001000200"},
	{"the same key twice, apart", "a3010002000100"},
	{"the same text twice", "a2616100616100"},
	{"the same key twice, inside", "81a201000100"},
	{"keys descend", "a202000100"},
	{"keys descend, by length", "a21864000a00"},
	{"-1 before 100", "a22000186400"},
	{"\"aa\" before \"z\"", "a262616100617a00"},
	{"an array as a key", "a1800a"},
	{"a map as a key", "a1a00a"},
	{"text that is no UTF-8", "61ff"},
	{"text with a surrogate", "63eda080"},
	{"key that is no UTF-8", "a161ff00"},
	{"2^32 - 1 items", "9affffffff00"},
	{"2^64 - 1 items", "9bffffffffffffffff00"},
	{"2^63 pairs", "bb80000000000000000000"},
	{"2^63 pairs and no byte", "bb8000000000000000"},
	{"as many pairs as bytes", "a2000100"},
	{"9 arrays", "81818181818181818100"},
	{"9 arrays, the last one empty", "818181818181818180"},
	{"8 maps and an array", "a100a100a100a100a100a100a100a10080"},
	{"two items", "0000"},
	{"nothing", ""},
};

TEST(refusals)
{
	uint8_t data[VECTOR_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		ROW(malformed[i]);
		CHECK_EQ(read_all(data, vector_bytes(malformed[i], data)), ERR_FORMAT);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		ROW(refused[i].text);
		CHECK_EQ(read_all(data, vector_bytes(refused[i].hex, data)), ERR_FORMAT);
	}
}

/* Next to what is refused. */
static const struct vector accepted[] = {
	{"8 arrays", "818181818181818100"},
	{"8 arrays, the last one empty", "8181818181818180"},
	{"8 maps", "a100a100a100a100a100a100a100a10000"},
	{"deep after deep", "828181818181818100"
			    "8181818181818100"},
	{"the same key in two maps", "82a10100a10100"},
	{"the same key inside", "a101a10100"},
	/* Section 4.2.1's order, without the two arrays. */
	{"10, 100, -1, \"z\", \"aa\", false", "a60a001864002000617a0062616100f400"},
	{"one key is the other's beginning", "a261610062616100"},
};

TEST(acceptances)
{
	uint8_t data[VECTOR_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		ROW(accepted[i].text);
		CHECK_EQ(read_all(data, vector_bytes(accepted[i].hex, data)), ERR_OK);
	}
}

/* A message of every kind, as a decoder reads one: front to back, one question at the end. */
static const char message[] = "a80001012002410303616104820506"
			      "05a107181806f507f6";

TEST(takes)
{
	uint8_t data[VECTOR_BYTES];
	struct cbor_reader r = cbor_reader_over(data, vector_bytes(message, data));
	size_t bytes = 0;

	CHECK_EQ(cbor_take_map(&r), 8);
	cbor_take_key(&r, 0);
	CHECK_EQ(cbor_take_uint(&r), 1);
	cbor_take_key(&r, 1);
	CHECK_EQ(cbor_take_negative(&r), 0);
	cbor_take_key(&r, 2);
	CHECK_EQ(*cbor_take_bytes(&r, &bytes), 3);
	CHECK_EQ(bytes, 1);
	cbor_take_key(&r, 3);
	CHECK_EQ(*cbor_take_text(&r, &bytes), 'a');
	CHECK_EQ(bytes, 1);
	cbor_take_key(&r, 4);
	CHECK_EQ(cbor_take_array(&r), 2);
	CHECK_EQ(cbor_take_uint(&r), 5);
	CHECK_EQ(cbor_take_uint(&r), 6);
	cbor_take_key(&r, 5);
	cbor_skip(&r);
	cbor_take_key(&r, 6);
	CHECK_EQ(cbor_end(&r), ERR_FORMAT);
	CHECK(cbor_take_bool(&r));
	cbor_take_key(&r, 7);
	cbor_take_null(&r);
	CHECK_EQ(cbor_end(&r), ERR_OK);
	CHECK_EQ(cbor_take_uint(&r), 0);
	CHECK_EQ(cbor_end(&r), ERR_FORMAT);
}

/* Takes the first item as each kind in turn: only its own will do, and errors stick. */
TEST(wrong_kinds)
{
	static const struct vector kinds[] = {
		{"uint", "820100"},   {"negative", "822000"}, {"bytes", "82410100"},
		{"text", "82616100"}, {"array", "82810100"},  {"map", "82a1010200"},
		{"bool", "82f500"},   {"null", "82f600"},
	};
	uint8_t data[VECTOR_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(kinds) * ARRAY_SIZE(kinds); i++) {
		size_t as = i % ARRAY_SIZE(kinds);
		bool fits = as == i / ARRAY_SIZE(kinds);
		struct cbor_reader r = cbor_reader_over(
			data, vector_bytes(kinds[i / ARRAY_SIZE(kinds)].hex, data));
		size_t bytes = 99;
		uint64_t got = 0;

		ROW(kinds[as].text);
		(void)cbor_take_array(&r);
		got += as == 0 ? cbor_take_uint(&r) : 0;
		got += as == 1 ? cbor_take_negative(&r) : 0;
		got += as == 2 ? cbor_take_bytes(&r, &bytes) != NULL : 0;
		got += as == 3 ? cbor_take_text(&r, &bytes) != NULL : 0;
		got += as == 4 ? cbor_take_array(&r) : 0;
		got += as == 5 ? cbor_take_map(&r) : 0;
		got += as == 6 ? cbor_take_bool(&r) : 0;
		if (as == 7) {
			cbor_take_null(&r);
		}
		CHECK_EQ(r.in.failed, !fits);
		CHECK(fits || got == 0);
		CHECK(fits || bytes == 0 || bytes == 99);
	}
}

/* NULL tells of an error; nothing at the message's end is none. */
TEST(takes_nothing)
{
	static const uint8_t empty[] = {0x82, 0x40, 0x60};
	struct cbor_reader r = cbor_reader_over(empty, sizeof(empty));
	size_t bytes = 99;

	(void)cbor_take_array(&r);
	CHECK(cbor_take_bytes(&r, &bytes) == empty + 2);
	CHECK_EQ(bytes, 0);
	CHECK((const uint8_t *)cbor_take_text(&r, &bytes) == empty + 3);
	CHECK_EQ(bytes, 0);
	CHECK_EQ(cbor_end(&r), ERR_OK);
}

TEST(errors_stick)
{
	uint8_t data[VECTOR_BYTES];
	struct cbor_reader r = cbor_reader_over(data, vector_bytes("83010203", data));
	struct cbor_item item;

	CHECK_EQ(cbor_take_array(&r), 3);
	cbor_take_key(&r, 2);
	CHECK_EQ(cbor_take_uint(&r), 0);
	CHECK(!cbor_next(&r, &item));
	CHECK_EQ(item.kind, CBOR_NOTHING);
	cbor_skip(&r);
	CHECK_EQ(cbor_end(&r), ERR_FORMAT);

	r = cbor_reader_over(data, 4);
	cbor_skip(&r);
	CHECK_EQ(cbor_end(&r), ERR_OK);
	cbor_refuse(&r);
	CHECK_EQ(cbor_end(&r), ERR_FORMAT);
}

UNIT_MAIN(CASE(examples), CASE(shorter_prefixes), CASE(trailing_bytes), CASE(other_examples),
	  CASE(refusals), CASE(acceptances), CASE(takes), CASE(takes_nothing), CASE(wrong_kinds),
	  CASE(errors_stick))
