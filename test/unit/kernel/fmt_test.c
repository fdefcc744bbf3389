/* The formatter: every conversion, and that it never writes past its buffer. */
#include "fmt.h"

#include <stdint.h>

#include "unit.h"

#define ROW_EQ(want, ...)                                      \
	do {                                                   \
		char out[64];                                  \
                                                               \
		ROW(want);                                     \
		CHECK_EQ(fmt_print(out, sizeof(out), __VA_ARGS__), strlen(want)); \
		CHECK_STR(out, want);                          \
	} while (0)

TEST(converts)
{
	ROW_EQ("plain", "plain");
	ROW_EQ("a text b", "a %s b", "text");
	ROW_EQ("[]", "[%s]", "");
	ROW_EQ("x=z", "x=%c", 'z');
	ROW_EQ("0", "%d", 0);
	ROW_EQ("-2147483648", "%d", INT32_MIN);
	ROW_EQ("-9223372036854775808", "%ld", INT64_MIN);
	ROW_EQ("4294967295", "%u", UINT32_MAX);
	ROW_EQ("18446744073709551615", "%lu", UINT64_MAX);
	ROW_EQ("77", "%zu", (size_t)77);
	ROW_EQ("ffffffffffffffff", "%lx", UINT64_MAX);
	ROW_EQ("00ab", "%04x", 0xABu);
	ROW_EQ("  ab", "%4x", 0xABu);
	ROW_EQ("12345", "%3u", 12345u);
	ROW_EQ("1 2 3", "%u %lu %x", 1u, 2ul, 3u);
	ROW_EQ("100%", "%u%%", 100u);
}

/* Every size from 1: the text is cut, ended, and nothing behind it is touched. */
TEST(stays_inside)
{
	char out[32];

	for (size_t bytes = 1; bytes < sizeof(out); bytes++) {
		const char whole[] = "vmpl 2 at 0000beef";
		size_t want = bytes - 1 < sizeof(whole) - 1 ? bytes - 1 : sizeof(whole) - 1;

		memset(out, 0x55, sizeof(out));
		CHECK_EQ(fmt_print(out, bytes, "vmpl %u at %08x", 2u, 0xBEEFu), want);
		CHECK_EQ(out[want], 0);
		CHECK_MEM(out, whole, want);
		for (size_t i = bytes; i < sizeof(out); i++) {
			CHECK_EQ(out[i], 0x55);
		}
	}
}

static size_t print(char *out, size_t bytes, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = fmt_vprint(out, bytes, format, args);
	va_end(args);
	return n;
}

/* Formats that the compiler would not let through. */
TEST(survives_odd_formats)
{
	char out[16];

	ROW("ends in %");
	CHECK_EQ(print(out, sizeof(out), "ab%", 1), 2);
	ROW("ends in a width");
	CHECK_EQ(print(out, sizeof(out), "ab%08l", 1), 2);
	ROW("unknown conversion is itself");
	CHECK_EQ(print(out, sizeof(out), "%q", 1), 1);
	CHECK_STR(out, "q");
}

UNIT_MAIN(CASE(converts), CASE(stays_inside), CASE(survives_odd_formats))
