/* Dispatch of system calls: a missing right is refused before anything else is looked at. */
#include "sys/sys.h"

#include "caller.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

static const struct {
	const char *name;
	uint64_t number;
	uint32_t right;
} guarded[] = {
	{ "copy from guest", SYS_COPY_FROM_GUEST, SYS_RIGHT_GUEST_READ },
	{ "copy to guest", SYS_COPY_TO_GUEST, SYS_RIGHT_GUEST_WRITE },
	{ "page state", SYS_PAGE_STATE, SYS_RIGHT_PAGES },
	{ "deposit", SYS_DEPOSIT, SYS_RIGHT_PAGES },
	{ "withdraw", SYS_WITHDRAW, SYS_RIGHT_PAGES },
	{ "create vCPU", SYS_VCPU_CREATE, SYS_RIGHT_VCPUS },
	{ "delete vCPU", SYS_VCPU_DELETE, SYS_RIGHT_VCPUS },
	{ "remap calling area", SYS_REMAP_CA, SYS_RIGHT_VCPUS },
	{ "random", SYS_RANDOM, SYS_RIGHT_RANDOM },
	{ "about a service", SYS_SERVICE, SYS_RIGHT_PEERS },
	{ "peer", SYS_PEER, SYS_RIGHT_PEERS },
	{ "message to the PSP", SYS_PSP, SYS_RIGHT_PSP },
	{ "certificates", SYS_PSP_CERTIFICATES, SYS_RIGHT_PSP },
	{ "VMPCK0", SYS_VMPCK, SYS_RIGHT_PSP },
	{ "secret of the launch", SYS_LAUNCH_SECRET, SYS_RIGHT_LAUNCH },
};

WORLD_TEST(rights)
{
	world_vcpus(&one_cpu);
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		ROW(guarded[i].name);
		fake_trace.count = 0;
		caller_entry.rights = ~guarded[i].right;
		CHECK_EQ(caller_err(guarded[i].number, 0, 8, 0), ERR_DENIED);
		CHECK_EQ(caller_err(guarded[i].number, UINT64_MAX, UINT64_MAX, 0), ERR_DENIED);
		CHECK_EQ(fake_trace.count, 0);
		caller_entry.rights = guarded[i].right;
		CHECK(caller_err(guarded[i].number, 0, 8, 0) != ERR_DENIED);
	}
}

/* While a service starts, nobody has called whose pages and vCPUs these would be. */
WORLD_TEST(for_nobody)
{
	const uint32_t for_callers = SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE |
				     SYS_RIGHT_PAGES | SYS_RIGHT_VCPUS;

	world_vcpus(&one_cpu);
	caller_vmpl = 0;
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		ROW(guarded[i].name);
		CHECK_EQ(caller_err(guarded[i].number, 0, 8, 0) == ERR_DENIED,
			 (guarded[i].right & for_callers) != 0);
	}
}

WORLD_TEST(numbers)
{
	static const uint64_t unknown[] = { SYS_END, SYS_END + 1, UINT32_MAX,
					    UINT64_C(0x100000001), UINT64_MAX };

	world_vcpus(&one_cpu);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		ROW("unknown");
		CHECK_EQ(caller_err(unknown[i], 0, 8, 0), ERR_UNSUPPORTED);
		CHECK_EQ(caller_call(unknown[i], 0, 8, 0x77).value, 0);
	}
	ROW("those that the loop around a service serves");
	CHECK_EQ(caller_err(SYS_REPLY_WAIT, 0, 0, 0), ERR_UNSUPPORTED);
	CHECK_EQ(caller_err(SYS_EXIT, 0, 0, 0), ERR_UNSUPPORTED);
	CHECK_EQ(caller_err(SYS_YIELD, 0, 0, 0), ERR_UNSUPPORTED);
}

TEST(buffer)
{
	struct sys_call call = { .msg = &caller_msg };
	uint8_t *start = (uint8_t *)&caller_msg;

	for (size_t i = 0; i < ARRAY_SIZE(caller_outside); i++) {
		ROW(caller_outside[i].name);
		CHECK(sys_buffer(&call, caller_outside[i].offset, caller_outside[i].bytes) == NULL);
	}
	ROW("inside");
	CHECK(sys_buffer(&call, 0, CALLER_BYTES) == start);
	CHECK(sys_buffer(&call, CALLER_BYTES - 1, 1) == start + CALLER_BYTES - 1);
}

TEST(time_left)
{
	struct sys_call call = { .start = 1000, .budget = 100 };

	fake_cpu.ticks = 1000;
	CHECK_EQ(sys_ticks_left(&call), 100);
	fake_cpu.ticks = 1099;
	CHECK_EQ(sys_ticks_left(&call), 1);
	fake_cpu.ticks = 1100;
	CHECK_EQ(sys_ticks_left(&call), 0);
	ROW("a clock that goes back");
	fake_cpu.ticks = 999;
	CHECK_EQ(sys_ticks_left(&call), 0);
}

UNIT_MAIN(CASE(rights), CASE(for_nobody), CASE(numbers), CASE(buffer), CASE(time_left))
