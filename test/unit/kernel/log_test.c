/* The log: what waits until the console is up, the level's prefix, cutting, and the flood limit. */
#include "log.h"

#include "fake/fake.h"
#include "unit.h"

static unsigned int count_lines(const char *text)
{
	unsigned int n = 0;

	for (; *text != '\0'; text++) {
		n += *text == '\n';
	}
	return n;
}

/* First, as the console comes up once in a process. */
TEST(early_lines_wait)
{
	log_info("one %u", 1u);
	CHECK_STR(fake_console(), "");
	log_console_ready();
	CHECK_STR(fake_console(), "keel: one 1\n");
	log_info("two");
	CHECK_STR(fake_console(), "keel: one 1\nkeel: two\n");
}

TEST(level_is_the_prefix)
{
	static const struct {
		enum log_level level;
		const char *want;
	} rows[] = {
		{ LOG_ERROR, "keel: ERROR: x\n" },   { LOG_WARN, "keel: host: x\n" },
		{ LOG_NOTICE, "keel: notice: x\n" }, { LOG_INFO, "keel: x\n" },
		{ LOG_DEBUG, "keel: debug: x\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ROW(rows[i].want);
		fake_console_clear();
		log_print(rows[i].level, "x");
		CHECK_STR(fake_console(), rows[i].want);
	}
}

TEST(long_lines_are_cut)
{
	char text[600];
	size_t bytes;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	fake_console_clear();
	log_info("%s", text);
	bytes = strlen(fake_console());
	CHECK(bytes >= 200 && bytes < 230);
	CHECK_EQ(fake_console()[bytes - 1], '\n');
}

/* Others can make the log speak a bounded number of times only; our own lines always appear. */
TEST(floods_are_stopped)
{
	unsigned int limited;

	fake_console_clear();
	for (unsigned int i = 0; i < 1000; i++) {
		log_limited(LOG_NOTICE, "flood");
	}
	limited = count_lines(fake_console());
	CHECK_EQ(limited, 200);
	CHECK(strstr(fake_console(), "no more of these are shown") != NULL);
	log_info("ours");
	CHECK_EQ(count_lines(fake_console()), limited + 1);
}

/* One that floods the log takes no line from another. */
TEST(floods_are_their_makers)
{
	unsigned int one = 0;
	unsigned int other = 0;

	fake_console_clear();
	for (unsigned int i = 0; i < 1000; i++) {
		log_counted(&one, LOG_NOTICE, "flood");
	}
	CHECK_EQ(count_lines(fake_console()), 200);
	fake_console_clear();
	log_counted(&one, LOG_NOTICE, "one more");
	CHECK_STR(fake_console(), "");
	log_counted(&other, LOG_NOTICE, "of %s", "another");
	CHECK_STR(fake_console(), "keel: notice: of another\n");
}

UNIT_MAIN(CASE(early_lines_wait), CASE(level_is_the_prefix), CASE(long_lines_are_cut),
	  CASE(floods_are_stopped), CASE(floods_are_their_makers))
