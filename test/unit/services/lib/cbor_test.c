/* Writing: each example is read and written again, into too little room as well. */
#include "lib/cbor.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "unit.h"
#include "vectors.h"

TEST(examples)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_vectors); i++) {
		uint8_t want[VECTOR_BYTES];
		uint8_t room[VECTOR_BYTES];
		size_t bytes = vector_bytes(good_vectors[i].hex, want);
		struct wrbuf out = wrbuf_over(room, sizeof(room));

		ROW(good_vectors[i].text);
		CHECK_EQ(vector_copy(want, bytes, &out), ERR_OK);
		CHECK(!out.failed);
		CHECK_EQ(out.at, bytes);
		CHECK_MEM(room, want, bytes);
	}
}

/* Room is allocated to the byte, so that the sanitizer sees one too many. */
TEST(too_little_room)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_vectors); i++) {
		uint8_t want[VECTOR_BYTES];
		size_t bytes = vector_bytes(good_vectors[i].hex, want);

		ROW(good_vectors[i].text);
		for (size_t room = 0; room < bytes; room++) {
			uint8_t *data = malloc(room);
			struct wrbuf out = wrbuf_over(data, room);

			CHECK_EQ(vector_copy(want, bytes, &out), ERR_OK);
			CHECK(out.failed);
			CHECK(out.at <= room);
			free(data);
		}
	}
}

TEST(failure_sticks)
{
	uint8_t room[4] = {0};
	struct wrbuf out = wrbuf_over(room, sizeof(room));

	cbor_put_uint(&out, UINT32_MAX);
	CHECK(out.failed);
	cbor_put_uint(&out, 1);
	cbor_put_bytes(&out, NULL, 0);
	cbor_put_text(&out, "", 0);
	cbor_put_array(&out, 0);
	cbor_put_map(&out, 0);
	cbor_put_bool(&out, true);
	cbor_put_null(&out);
	CHECK(out.failed);
	CHECK_EQ(out.at, 0);
	CHECK_EQ(room[0], 0);
}

static const struct text_case {
	const char *name;
	const char *text;
	size_t bytes;
	bool is_text;
} texts[] = {
	{"nothing", NULL, 0, true},
	{"a NUL", "a\0b", 3, true},
	{"last before the surrogates", "\xed\x9f\xbf", 3, true},
	{"first behind the surrogates", "\xee\x80\x80", 3, true},
	{"last of all", "\xf4\x8f\xbf\xbf", 4, true},
	{"surrogate", "\xed\xa0\x80", 3, false},
	{"beyond the last", "\xf4\x90\x80\x80", 4, false},
	{"overlong NUL", "\xc0\x80", 2, false},
	{"overlong slash", "\xe0\x80\xaf", 3, false},
	{"continuation by itself", "\x80", 1, false},
	{"cut short", "a\xe6\xb0", 3, false},
	{"FF", "\xff", 1, false},
};

TEST(text_is_utf8)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint8_t room[16];
		struct wrbuf out = wrbuf_over(room, sizeof(room));

		ROW(texts[i].name);
		cbor_put_text(&out, texts[i].text, texts[i].bytes);
		CHECK_EQ(out.failed, !texts[i].is_text);
	}
}

UNIT_MAIN(CASE(examples), CASE(too_little_room), CASE(failure_sticks), CASE(text_is_utf8))
