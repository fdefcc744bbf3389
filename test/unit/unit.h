/*
 * The unit test harness, for host programs: named cases in a table, named rows inside a case,
 * checks that go on after a failure. The program prints each failed check with its place, then
 * `N passed, N failed`, and exits with 1 when a case or row failed.
 *
 *	TEST(adds_up)
 *	{
 *		CHECK_EQ(1 + 1, 2);
 *	}
 *	TEST(refuses_bad_sizes)
 *	{
 *		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
 *			ROW(rows[i].name);
 *			CHECK_EQ(parse(rows[i].bytes), ERR_FORMAT);
 *		}
 *	}
 *	UNIT_MAIN(CASE(adds_up), CASE(refuses_bad_sizes))
 *
 * A case without rows counts as one, a case with rows as its rows. The first argument, when given,
 * runs only the cases whose name contains it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct unit_case {
	const char *name;
	void (*run)(void);
};

struct unit_state {
	const char *case_name;
	const char *row_name;
	bool has_failed; /* the row (or case) that runs now */
	unsigned int passed;
	unsigned int failed;
};

static struct unit_state unit;

#define TEST(name) static void name(void)
#define CASE(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}

static inline void unit_finish(void)
{
	if (unit.has_failed) {
		unit.failed++;
	} else {
		unit.passed++;
	}
	unit.has_failed = false;
}

/* Names what the following checks belong to, until the next row or the end of the case. */
static inline void unit_row(const char *name)
{
	if (unit.row_name != NULL) {
		unit_finish();
	}
	unit.row_name = name;
}
#define ROW(name) unit_row(name)

static inline void unit_fail(const char *file, int line)
{
	unit.has_failed = true;
	fprintf(stderr, "FAILED %s%s%s at %s:%d: ", unit.case_name, unit.row_name ? ": " : "",
		unit.row_name ? unit.row_name : "", file, line);
}

static inline bool unit_check(bool is_true, const char *text, const char *file, int line)
{
	if (!is_true) {
		unit_fail(file, line);
		fprintf(stderr, "%s\n", text);
	}
	return is_true;
}

static inline bool unit_check_eq(uint64_t a, uint64_t b, const char *text, const char *file,
				 int line)
{
	if (a != b) {
		unit_fail(file, line);
		fprintf(stderr, "%s: 0x%llx, expected 0x%llx\n", text, (unsigned long long)a,
			(unsigned long long)b);
	}
	return a == b;
}

static inline bool unit_check_mem(const void *a, const void *b, size_t bytes, const char *text,
				  const char *file, int line)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (size_t i = 0; i < bytes; i++) {
		if (x[i] != y[i]) {
			unit_fail(file, line);
			fprintf(stderr, "%s: byte %zu is 0x%02x, expected 0x%02x\n", text, i, x[i],
				y[i]);
			return false;
		}
	}
	return true;
}

/* NULL equals only NULL. */
static inline bool unit_check_str(const char *a, const char *b, const char *text, const char *file,
				  int line)
{
	bool is_equal = a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);

	if (!is_equal) {
		unit_fail(file, line);
		fprintf(stderr, "%s: \"%s\", expected \"%s\"\n", text, a ? a : "(null)",
			b ? b : "(null)");
	}
	return is_equal;
}

/* Each yields whether it held, for a check that only makes sense after another. */
#define CHECK(cond) unit_check((cond), #cond, __FILE__, __LINE__)
/* Integers of any type and enums; the second is what is expected. */
#define CHECK_EQ(a, b)	       unit_check_eq((uint64_t)(a), (uint64_t)(b), #a, __FILE__, __LINE__)
#define CHECK_MEM(a, b, bytes) unit_check_mem((a), (b), (bytes), #a, __FILE__, __LINE__)
#define CHECK_STR(a, b)	       unit_check_str((a), (b), #a, __FILE__, __LINE__)

static inline int unit_main(const struct unit_case *cases, size_t count, const char *only)
{
	for (size_t i = 0; i < count; i++) {
		if (only != NULL && strstr(cases[i].name, only) == NULL) {
			continue;
		}
		unit.case_name = cases[i].name;
		unit.row_name = NULL;
		cases[i].run();
		unit_finish();
	}
	printf("%u passed, %u failed\n", unit.passed, unit.failed);
	return unit.failed != 0 || unit.passed == 0;
}

#define UNIT_MAIN(...)                                                                             \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		static const struct unit_case cases[] = {__VA_ARGS__};                             \
                                                                                                   \
		return unit_main(cases, sizeof(cases) / sizeof(cases[0]),                          \
				 argc > 1 ? argv[1] : NULL);                                       \
	}
