/* DER: lengths of all three forms, numbers, and what does not fit. */
#include "der.h"

#include "unit.h"

static uint8_t buffer[70000];

TEST(writes_lengths)
{
	static const struct {
		const char *name;
		size_t count;
		uint8_t head[4];
		size_t head_bytes;
	} rows[] = {
		{"empty", 0, {0x04, 0x00}, 2},
		{"longest short form", 127, {0x04, 0x7f}, 2},
		{"one byte", 128, {0x04, 0x81, 0x80}, 3},
		{"most of one byte", 255, {0x04, 0x81, 0xff}, 3},
		{"two bytes", 256, {0x04, 0x82, 0x01, 0x00}, 4},
		{"most of two bytes", 65535, {0x04, 0x82, 0xff, 0xff}, 4},
	};
	static uint8_t data[65536];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct der der = der_over(buffer, sizeof(buffer));

		ROW(rows[i].name);
		der_element(&der, DER_OCTET_STRING, data, rows[i].count);
		CHECK(!der.failed);
		CHECK_EQ(der_bytes(&der), rows[i].head_bytes + rows[i].count);
		CHECK_MEM(buffer + der.at, rows[i].head, rows[i].head_bytes);
	}
	ROW("three bytes");
	{
		struct der der = der_over(buffer, sizeof(buffer));

		der_element(&der, DER_OCTET_STRING, data, sizeof(data));
		CHECK(der.failed);
	}
}

TEST(writes_numbers)
{
	static const struct {
		const char *name;
		uint8_t in[4];
		uint8_t out[8];
		size_t out_bytes;
	} rows[] = {
		{"zero", {0, 0, 0, 0}, {0x02, 0x01, 0x00}, 3},
		{"small", {0, 0, 0, 0x7f}, {0x02, 0x01, 0x7f}, 3},
		{"would be negative", {0, 0, 0, 0x80}, {0x02, 0x02, 0x00, 0x80}, 4},
		{"all bytes", {0x12, 0x34, 0x56, 0x78}, {0x02, 0x04, 0x12, 0x34, 0x56, 0x78}, 6},
		{"all bytes, high bit", {0xff, 0, 0, 1}, {0x02, 0x05, 0x00, 0xff, 0, 0, 1}, 7},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct der der = der_over(buffer, 16);

		ROW(rows[i].name);
		der_number(&der, rows[i].in, sizeof(rows[i].in));
		CHECK(!der.failed);
		if (CHECK_EQ(der_bytes(&der), rows[i].out_bytes)) {
			CHECK_MEM(buffer + der.at, rows[i].out, rows[i].out_bytes);
		}
	}
}

TEST(notes_what_does_not_fit)
{
	static const uint8_t data[8];

	for (size_t room = 0; room < sizeof(data) + 2; room++) {
		struct der der = der_over(buffer, room);

		der_element(&der, DER_OCTET_STRING, data, sizeof(data));
		CHECK(der.failed);
		der_put(&der, data, 0);
		CHECK(der.failed);
	}
}

TEST(wraps_from_a_mark)
{
	static const uint8_t want[] = {0x30, 0x03, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07};
	static const uint8_t five = 5;
	static const uint8_t seven = 7;
	struct der der = der_over(buffer, sizeof(want));
	size_t mark;

	der_number(&der, &seven, 1);
	mark = der_bytes(&der);
	der_number(&der, &five, 1);
	der_wrap(&der, DER_SEQUENCE, mark);
	CHECK(!der.failed);
	CHECK_MEM(buffer, want, sizeof(want));
}

UNIT_MAIN(CASE(writes_lengths), CASE(writes_numbers), CASE(notes_what_does_not_fit),
	  CASE(wraps_from_a_mark))
