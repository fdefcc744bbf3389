/* Copies between a service and its guest: bounds on both sides, and nothing moves when refused. */
#include "caller.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define PAGE	UINT64_C(0x200000)
#define SCRATCH offsetof(struct msg_buffer, scratch)

static void start(void)
{
	world_vcpus(&one_cpu);
	world_give(PAGE, 2);
	memset(fake_at(PAGE), 0x21, PAGE_SIZE);
	memset(&caller_msg, 0x43, sizeof(caller_msg));
	fake_trace.count = 0;
}

WORLD_TEST(copies)
{
	start();
	CHECK_EQ(caller_err(SYS_COPY_FROM_GUEST, PAGE + 8, SCRATCH, 16), ERR_OK);
	CHECK_MEM(caller_msg.scratch, fake_at(PAGE), 16);
	CHECK_EQ(caller_msg.scratch[16], 0x43);
	CHECK_EQ(caller_err(SYS_COPY_TO_GUEST, PAGE + 4095, SCRATCH + 4095, 1), ERR_OK);
	CHECK_EQ(((const uint8_t *)fake_at(PAGE))[4095], 0x43);
	CHECK_EQ(((const uint8_t *)fake_at(PAGE))[4094], 0x21);
	ROW("a whole page");
	CHECK_EQ(caller_err(SYS_COPY_TO_GUEST, PAGE, SCRATCH, PAGE_SIZE), ERR_OK);
	CHECK_MEM(fake_at(PAGE), caller_msg.scratch, PAGE_SIZE);
}

static void check_refused(uint64_t gpa, uint64_t offset, uint64_t bytes, enum err want)
{
	static const uint64_t numbers[] = { SYS_COPY_FROM_GUEST, SYS_COPY_TO_GUEST };
	struct msg_buffer before = caller_msg;

	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(caller_err(numbers[i], gpa, offset, bytes), want);
		CHECK_EQ(fake_trace.count, 0);
		CHECK_MEM(&caller_msg, &before, sizeof(before));
	}
}

WORLD_TEST(refuses)
{
	start();
	for (size_t i = 0; i < ARRAY_SIZE(caller_outside); i++) {
		ROW(caller_outside[i].name);
		check_refused(PAGE, caller_outside[i].offset, caller_outside[i].bytes, ERR_INVALID);
	}
	ROW("more than a page");
	check_refused(PAGE, 0, PAGE_SIZE + 1, ERR_INVALID);
	ROW("across a guest page");
	check_refused(PAGE + 8, SCRATCH, PAGE_SIZE, ERR_ADDRESS);
	ROW("the SVSM's memory");
	check_refused(REGION_BASE_DEFAULT, SCRATCH, 8, ERR_ADDRESS);
	ROW("not validated");
	check_refused(PAGE + PAGE_SIZE, SCRATCH, 8, ERR_ADDRESS);
	ROW("no such address");
	check_refused(UINT64_MAX, SCRATCH, 1, ERR_ADDRESS);
}

WORLD_TEST(refuses_a_more_privileged_vmpls)
{
	start();
	caller_vmpl = 3;
	check_refused(PAGE, SCRATCH, 8, ERR_ADDRESS);
	caller_vmpl = 1;
	CHECK_EQ(caller_err(SYS_COPY_FROM_GUEST, PAGE, SCRATCH, 8), ERR_OK);
	CHECK_EQ(caller_err(SYS_COPY_TO_GUEST, PAGE, SCRATCH, 8), ERR_OK);
}

UNIT_MAIN(CASE(copies), CASE(refuses), CASE(refuses_a_more_privileged_vmpls))
