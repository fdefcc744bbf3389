/*
 * What comes out of a service is hostile: replies that break the ABI, exceptions, exits, calls
 * without end. Each is a death, its caller's registers stay as they were, and the next call works.
 */
#include "ipc/run.h"

#include "mm/pool.h"
#include "snp/ghcb.h"
#include "svsm/protocol.h"
#include "world.h"
#include "x86/regs.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define PROTOCOL WORLD_PROTOCOL(WORLD_PLAIN)

/* What the service does with its next request. */
static void (*act)(struct msg_buffer *msg);

static void actor(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		world_reply(msg, SVSM_SUCCESS);
		if (act != NULL) {
			act(msg);
		}
	}
}

static struct route_call dispatch(void (*what)(struct msg_buffer *msg))
{
	struct route_call call = { .protocol = PROTOCOL, .call = 6, .vmpl = 2, .vcpu = 0x10,
				   .rcx = 1, .rdx = 2, .r8 = 3, .r9 = 4 };

	act = what;
	route_dispatch(&call);
	return call;
}

static void check_registers(const struct route_call *call)
{
	CHECK_EQ(call->rcx, 1);
	CHECK_EQ(call->rdx, 2);
	CHECK_EQ(call->r8, 3);
	CHECK_EQ(call->r9, 4);
}

static void check_death(const char *name, void (*what)(struct msg_buffer *msg))
{
	struct route_call call;

	ROW(name);
	call = dispatch(what);
	CHECK_EQ(call.result, SVSM_ERR_KEEL_SERVICE_DIED);
	check_registers(&call);
	CHECK_EQ(dispatch(NULL).result, SVSM_SUCCESS);
}

static void start(void)
{
	fake_programs[WORLD_PLAIN] = actor;
	world_boot(&one_cpu);
}

/* The request as the service finds it; the reply's place is clean. */
static void check_request(struct msg_buffer *msg)
{
	static const struct msg_header want = { .version = MSG_VERSION, .protocol = PROTOCOL,
						.call = 6, .vmpl = 2, .vcpu = 0x10,
						.rcx = 1, .rdx = 2, .r8 = 3, .r9 = 4 };

	CHECK_MEM(&msg->request, &want, sizeof(want));
}

static void dirty_reply(struct msg_buffer *msg)
{
	memset(&msg->reply, 0x5A, sizeof(msg->reply));
	world_reply(msg, SVSM_SUCCESS);
	msg->reply.rcx = 0x5A5A;
	msg->reply.flags = 0;
}

WORLD_TEST(requests)
{
	struct route_call call;

	start();
	call = dispatch(check_request);
	CHECK_EQ(call.result, SVSM_SUCCESS);
	ROW("registers without their flag are no outputs");
	call = dispatch(dirty_reply);
	CHECK_EQ(call.result, SVSM_SUCCESS);
	check_registers(&call);
}

static uint32_t reply_flags;

static void outputs(struct msg_buffer *msg)
{
	msg->reply.rcx = 0x1111;
	msg->reply.rdx = 0x2222;
	msg->reply.r8 = 0x3333;
	msg->reply.r9 = 0x4444;
	msg->reply.flags = reply_flags;
	msg->reply.result = SVSM_ERR_INVALID_REQUEST;
}

WORLD_TEST(outputs_by_flag)
{
	start();
	for (uint32_t bits = 0; bits < 16; bits++) {
		struct route_call call;

		reply_flags = bits << 8;
		call = dispatch(outputs);
		CHECK_EQ(call.result, SVSM_ERR_INVALID_REQUEST);
		CHECK_EQ(call.rcx, (reply_flags & MSG_SET_RCX) != 0 ? 0x1111 : 1);
		CHECK_EQ(call.rdx, (reply_flags & MSG_SET_RDX) != 0 ? 0x2222 : 2);
		CHECK_EQ(call.r8, (reply_flags & MSG_SET_R8) != 0 ? 0x3333 : 3);
		CHECK_EQ(call.r9, (reply_flags & MSG_SET_R9) != 0 ? 0x4444 : 4);
	}
}

static void wrong_version(struct msg_buffer *msg)
{
	msg->reply.version = MSG_VERSION + 1;
}

static void wrong_protocol(struct msg_buffer *msg)
{
	msg->reply.protocol++;
}

static void wrong_call(struct msg_buffer *msg)
{
	msg->reply.call++;
}

static void unknown_flag(struct msg_buffer *msg)
{
	msg->reply.flags = BIT32(12);
}

static void request_flag(struct msg_buffer *msg)
{
	msg->reply.flags = MSG_FROM_PEER;
}

static void payload(struct msg_buffer *msg)
{
	msg->reply.payload_bytes = 1;
}

static void nothing(struct msg_buffer *msg)
{
	memset(&msg->reply, 0, sizeof(msg->reply));
}

WORLD_TEST(broken_replies)
{
	start();
	check_death("version", wrong_version);
	check_death("protocol", wrong_protocol);
	check_death("call", wrong_call);
	check_death("unknown flag", unknown_flag);
	check_death("a request's flag", request_flag);
	check_death("payload", payload);
	check_death("none at all", nothing);
}

static uint64_t raised;

static void raise_it(struct msg_buffer *msg)
{
	(void)msg;
	fake_raise(raised, 0);
}

/* Every vector, and #VC for what the kernel does not emulate. */
WORLD_TEST(exceptions)
{
	start();
	for (raised = 0; raised < 32; raised++) {
		check_death("exception", raise_it);
	}
}

static void leave_it(struct msg_buffer *msg)
{
	(void)msg;
	(void)fake_sys(SYS_EXIT, 0, 0, 0);
	CHECK(false);
}

WORLD_TEST(exits)
{
	start();
	check_death("exit", leave_it);
}

static void cpuid(struct msg_buffer *msg)
{
	CHECK_EQ(fake_trap(VECTOR_VC, EXIT_CPUID), 0xC0DE);
	(void)msg;
}

static unsigned int traps_wanted;

static void trap_on(struct msg_buffer *msg)
{
	for (unsigned int i = 0; i < traps_wanted; i++) {
		(void)fake_trap(VECTOR_VC, EXIT_CPUID);
	}
	(void)msg;
}

static void call_on(struct msg_buffer *msg)
{
	for (unsigned int i = 0; i < traps_wanted; i++) {
		CHECK_EQ(fake_sys(SYS_TIME_LEFT, 0, 0, 0).value, 0);
	}
	(void)msg;
}

/* With its time up from the first trap on, a service may make 1000 more, of any kind. */
WORLD_TEST(overruns)
{
	start();
	ROW("CPUID is emulated");
	CHECK_EQ(dispatch(cpuid).result, SVSM_SUCCESS);
	fake_cpu.ticks_step = 4000000;
	traps_wanted = 900;
	ROW("900 late system calls");
	CHECK_EQ(dispatch(call_on).result, SVSM_SUCCESS);
	ROW("900 late CPUIDs");
	CHECK_EQ(dispatch(trap_on).result, SVSM_SUCCESS);
	traps_wanted = 1001;
	check_death("too many system calls", call_on);
	check_death("too many CPUIDs", trap_on);
	ROW("in time, as many as it likes");
	fake_cpu.ticks_step = 1;
	traps_wanted = 5000;
	CHECK_EQ(dispatch(trap_on).result, SVSM_SUCCESS);
}

static void time_left(struct msg_buffer *msg)
{
	uint64_t before = fake_sys(SYS_TIME_LEFT, 0, 0, 0).value;

	fake_cpu.ticks += 1000;
	CHECK(fake_sys(SYS_TIME_LEFT, 0, 0, 0).value == before - 1000);
	fake_cpu.ticks += before;
	CHECK_EQ(fake_sys(SYS_TIME_LEFT, 0, 0, 0).value, 0);
	/* A clock that the host turns back. */
	fake_cpu.ticks = 0;
	(void)fake_sys(SYS_TIME_LEFT, 0, 0, 0);
	(void)msg;
}

WORLD_TEST(time)
{
	start();
	fake_cpu.ticks = 12345678;
	CHECK_EQ(dispatch(time_left).result, SVSM_SUCCESS);
}

static void bad_numbers(struct msg_buffer *msg)
{
	static const uint64_t numbers[] = { SYS_END, SYS_END + 1, UINT64_C(1) << 32, UINT64_MAX,
					    INT64_MAX, UINT32_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct fake_answer answer = fake_sys(numbers[i], 1, 2, 3);

		CHECK_EQ(answer.err, ERR_UNSUPPORTED);
		CHECK_EQ(answer.value, 0);
	}
	(void)msg;
}

WORLD_TEST(unknown_system_calls)
{
	start();
	CHECK_EQ(dispatch(bad_numbers).result, SVSM_SUCCESS);
}

UNIT_MAIN(CASE(requests), CASE(outputs_by_flag), CASE(broken_replies), CASE(exceptions),
	  CASE(exits), CASE(overruns), CASE(time), CASE(unknown_system_calls))
