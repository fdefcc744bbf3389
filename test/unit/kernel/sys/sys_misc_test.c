/* The small system calls: log lines that cannot lie about their writer, random bytes, versions. */
#include "caller.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define SCRATCH offsetof(struct msg_buffer, scratch)

static const char *log_of(const char *text, size_t bytes)
{
	memcpy(caller_msg.scratch, text, bytes);
	fake_console_clear();
	CHECK_EQ(caller_err(SYS_LOG, SCRATCH, bytes, 0), ERR_OK);
	return fake_console();
}

WORLD_TEST(logs)
{
	char text[SYS_LOG_BYTES_MAX];

	world_vcpus(&one_cpu);
	ROW("a line");
	CHECK_STR(log_of("hello", 5), "keel: notice: caller: hello\n");
	ROW("control characters, line ends, formats");
	CHECK_STR(log_of("a\nkeel: %s\x1b[2J\0z", 16), "keel: notice: caller: a?keel: %s?[2J?z\n");
	ROW("bytes above ASCII");
	CHECK_STR(log_of("\xff\x80\x7f~ ", 5), "keel: notice: caller: ???~ \n");
	ROW("as much as is allowed");
	memset(text, 'x', sizeof(text));
	CHECK(strlen(log_of(text, sizeof(text))) < 230);
	ROW("more");
	CHECK_EQ(caller_err(SYS_LOG, 0, SYS_LOG_BYTES_MAX + 1, 0), ERR_INVALID);
	for (size_t i = 0; i < ARRAY_SIZE(caller_outside); i++) {
		ROW(caller_outside[i].name);
		fake_console_clear();
		CHECK_EQ(caller_err(SYS_LOG, caller_outside[i].offset, caller_outside[i].bytes, 0),
			 ERR_INVALID);
		CHECK_STR(fake_console(),
			  "keel: notice: service caller: system call 1001 refused (error 1)\n");
	}
}

WORLD_TEST(random)
{
	struct msg_buffer before;

	world_vcpus(&one_cpu);
	ROW("bytes");
	CHECK_EQ(caller_err(SYS_RANDOM, SCRATCH + 1, 3, 0), ERR_OK);
	CHECK_EQ(caller_msg.scratch[0], 0);
	CHECK_EQ(caller_msg.scratch[3], 0xA5);
	CHECK_EQ(caller_msg.scratch[4], 0);
	before = caller_msg;
	for (size_t i = 0; i < ARRAY_SIZE(caller_outside); i++) {
		ROW(caller_outside[i].name);
		CHECK_EQ(caller_err(SYS_RANDOM, caller_outside[i].offset, caller_outside[i].bytes,
				    0),
			 ERR_INVALID);
	}
	ROW("too many");
	CHECK_EQ(caller_err(SYS_RANDOM, 0, SYS_RANDOM_BYTES_MAX + 1, 0), ERR_INVALID);
	ROW("the hardware gives none");
	fake_cpu.random_fails = true;
	CHECK_EQ(caller_err(SYS_RANDOM, SCRATCH, 8, 0), ERR_FAULT);
	CHECK_MEM(&caller_msg, &before, sizeof(before));
}

WORLD_TEST(asks)
{
	world_boot(&one_cpu);
	ROW("versions");
	CHECK_EQ(caller_call(SYS_PROTOCOL, 0, 0, 0).value, UINT64_C(1) << 32 | 1);
	CHECK_EQ(caller_call(SYS_PROTOCOL, 1, 0, 0).value, 0);
	CHECK_EQ(caller_call(SYS_PROTOCOL, UINT32_MAX, 0, 0).value, 0);
	ROW("a number that only looks like protocol 0");
	CHECK_EQ(caller_call(SYS_PROTOCOL, UINT64_C(1) << 32, 0, 0).value, 0);
	ROW("time");
	CHECK_EQ(caller_call(SYS_TIME_LEFT, 0, 0, 0).value, CALLER_BUDGET);
}

UNIT_MAIN(CASE(logs), CASE(random), CASE(asks))
