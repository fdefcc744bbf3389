/*
 * One call from a guest's VMSA and calling area to its answer there, for every way a guest can ask
 * and fail to ask; and the loop around it.
 */
#include "vcpu/request.h"

#include <pthread.h>
#include <setjmp.h>
#include <unistd.h>

#include "snp/ghcb.h"
#include "snp/vmsa.h"
#include "svsm/protocol.h"
#include "vcpu/vcpu.h"
#include "world.h"
#include "x86/msr.h"

static const struct world two_cpus = { .cpus = 2, .guest_vmpl = 2 };

#define ECHO_CALL SVSM_CALL(WORLD_PROTOCOL(WORLD_PLAIN), 5)

static struct vmsa *guest(void)
{
	return fake_at(world_vmsa());
}

static uint8_t *area(void)
{
	return fake_at(WORLD_CAA);
}

WORLD_TEST(answers)
{
	struct world_call call = { .rax = ECHO_CALL, .rcx = 1, .rdx = 2, .r8 = 3, .r9 = 4 };
	struct vmsa before;

	world_boot(&two_cpus);
	memset(area(), 0xAB, PAGE_SIZE);
	guest()->rbx = 0xB0B;
	guest()->rsp = 0x1000;
	world_ask(world_vmsa(), WORLD_CAA, &call);
	before = *guest();
	CHECK(world_serve(world_vmsa(), &call));
	CHECK_EQ(call.rax, SVSM_SUCCESS);
	CHECK_EQ(call.rcx, ~UINT64_C(1));
	CHECK_EQ(call.rdx, 2);
	CHECK_EQ(call.r8, 3);
	CHECK_EQ(call.r9, 4);
	ROW("nothing else of the VMSA and the calling area changes");
	before.rax = SVSM_SUCCESS;
	before.rcx = ~UINT64_C(1);
	CHECK_MEM(guest(), &before, sizeof(before));
	CHECK_EQ(area()[0], 0);
	CHECK_EQ(area()[1], 0); /* MEM_AVAILABLE, refreshed with every answer */
	for (size_t i = 2; i < PAGE_SIZE; i++) {
		CHECK_EQ(area()[i], 0xAB);
	}
}

/* Result codes are zero-extended: guests compare all 64 bits. */
WORLD_TEST(refuses_protocols)
{
	static const uint32_t protocols[] = { 1, 2, 0x99, UINT32_MAX };

	world_boot(&two_cpus);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		struct world_call call = { .rax = SVSM_CALL(protocols[i], 0), .rcx = 7, .rdx = 8 };

		ROW("unknown protocol");
		CHECK_EQ(world_guest_call(&call), SVSM_ERR_UNSUPPORTED_PROTOCOL);
		CHECK_EQ(call.rcx, 7);
		CHECK_EQ(call.rdx, 8);
	}
}

WORLD_TEST(reserved_pending_values)
{
	world_boot(&two_cpus);
	for (unsigned int pending = 2; pending < 256; pending++) {
		struct world_call call = { .rax = ECHO_CALL, .rcx = 1 };

		world_ask(world_vmsa(), WORLD_CAA, &call);
		area()[0] = (uint8_t)pending;
		CHECK(world_serve(world_vmsa(), &call));
		CHECK_EQ(call.rax, SVSM_ERR_INVALID_FORMAT);
		CHECK_EQ(call.rcx, 1);
		CHECK_EQ(area()[0], 0);
	}
}

/* Not asked: no register changes, and the guest can run again. */
static void check_not_asked(const struct world_call *asked)
{
	struct world_call call;
	struct vmsa before;

	world_ask(world_vmsa(), WORLD_CAA, asked);
	before = *guest();
	CHECK(!world_serve(world_vmsa(), &call));
	CHECK_MEM(guest(), &before, sizeof(before));
}

WORLD_TEST(spurious_entries)
{
	static const uint64_t exits[] = { EXIT_INTR, EXIT_NMI, EXIT_CPUID, EXIT_NPF, EXIT_VMMCALL,
					  EXIT_SHUTDOWN, EXIT_VMGEXIT + (UINT64_C(1) << 32),
					  EXIT_INVALID };
	struct world_call call = { .rax = ECHO_CALL, .rcx = 1, .pending = WORLD_NOT_PENDING };

	world_boot(&two_cpus);
	ROW("nothing is pending");
	check_not_asked(&call);
	call.pending = 1;
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		ROW("another exit code than VMGEXIT");
		call.exit_code = exits[i];
		check_not_asked(&call);
		CHECK_EQ(area()[0], 1);
	}
	ROW("and then a call");
	call = (struct world_call){ .rax = ECHO_CALL };
	CHECK_EQ(world_guest_call(&call), SVSM_SUCCESS);
}

WORLD_TEST(calling_area_vanished)
{
	struct world_call call = { .rax = ECHO_CALL, .rcx = 1 };

	world_boot(&two_cpus);
	fake_take(WORLD_CAA);
	check_not_asked(&call);
}

/* During the call the VMSA cannot be run, and the pending byte is still set. */
static unsigned int looks;

static void look(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		CHECK_EQ(guest()->efer & EFER_SVME, 0);
		CHECK_EQ(area()[0], 1);
		looks++;
		world_reply(msg, SVSM_ERR_INVALID_PARAMETER);
	}
}

WORLD_TEST(not_runnable_during_a_call)
{
	struct world_call call = { .rax = ECHO_CALL };

	fake_programs[WORLD_PLAIN] = look;
	world_boot(&two_cpus);
	CHECK_EQ(world_guest_call(&call), SVSM_ERR_INVALID_PARAMETER);
	CHECK_EQ(looks, 1);
	CHECK((guest()->efer & EFER_SVME) != 0);
}

/* A host that runs the VMSA elsewhere while it has VMPL0 look at it: nothing is answered. */
WORLD_TEST(runs_already)
{
	struct world_call call = { .rax = ECHO_CALL, .rcx = 5 };

	world_boot(&two_cpus);
	world_ask(world_vmsa(), WORLD_CAA, &call);
	fake_set_running(world_vmsa(), true);
	CHECK(!world_serve(world_vmsa(), &call));
	CHECK_EQ(area()[0], 1);
	CHECK_EQ(guest()->rax, ECHO_CALL);
	CHECK((guest()->efer & EFER_SVME) != 0);
	ROW("when it has left, it is");
	fake_set_running(world_vmsa(), false);
	CHECK(world_serve(world_vmsa(), &call));
	CHECK_EQ(area()[0], 0);
}

/* The host takes the calling area during the call: the guest gets its answer all the same. */
static void vanish(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		fake_take(WORLD_CAA);
		world_reply(msg, SVSM_SUCCESS);
	}
}

WORLD_TEST(calling_area_vanishes)
{
	struct world_call call = { .rax = ECHO_CALL };

	fake_programs[WORLD_PLAIN] = vanish;
	world_boot(&two_cpus);
	CHECK_EQ(world_guest_call(&call), SVSM_SUCCESS);
	CHECK((guest()->efer & EFER_SVME) != 0);
}

/* REMAP_CA: this call's pending byte is the old area's, and the new one's is cleared too. */
static void remap(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		struct fake_answer answer;

		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		answer = fake_sys(SYS_REMAP_CA, msg->request.rcx, 0, 0);
		world_reply(msg, (uint32_t)answer.err);
	}
}

WORLD_TEST(calling_area_moves)
{
	const uint64_t new_area = UINT64_C(0x900000);
	struct world_call call = { .rax = SVSM_CALL(0, 0), .rcx = new_area };

	fake_programs[WORLD_CORE] = remap;
	world_boot(&two_cpus);
	world_give(new_area, 2);
	memset(fake_at(new_area), 0x11, PAGE_SIZE);
	CHECK_EQ(world_guest_call(&call), ERR_OK);
	CHECK_EQ(area()[0], 0);
	CHECK_EQ(*(const uint8_t *)fake_at(new_area), 0);
	ROW("the old one says nothing any more");
	world_ask(world_vmsa(), WORLD_CAA, &call);
	CHECK(!world_serve(world_vmsa(), &call));
	CHECK_EQ(area()[0], 1);
	ROW("the new one does");
	call = (struct world_call){ .rax = ECHO_CALL };
	world_ask(world_vmsa(), new_area, &call);
	CHECK(world_serve(world_vmsa(), &call));
	CHECK_EQ(*(const uint8_t *)fake_at(new_area), 0);
}

/* By then the area that was left is another CPU's, which has a call pending there. */
static void remap_and_reuse(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		(void)fake_sys(SYS_REMAP_CA, msg->request.rcx, 0, 0);
		CHECK_EQ(area()[0], 0);
		area()[0] = 1;
		world_reply(msg, SVSM_SUCCESS);
	}
}

WORLD_TEST(area_that_was_left_is_not_touched)
{
	const uint64_t new_area = UINT64_C(0x900000);
	struct world_call call = { .rax = SVSM_CALL(0, 0), .rcx = new_area };

	fake_programs[WORLD_CORE] = remap_and_reuse;
	world_boot(&two_cpus);
	world_give(new_area, 2);
	CHECK_EQ(world_guest_call(&call), SVSM_SUCCESS);
	CHECK_EQ(area()[0], 1);
}

/* The loop: plays a guest that calls twice, then has nothing more to do. */
static jmp_buf stop;
static unsigned int runs;

static bool play(unsigned int vmpl)
{
	const struct world_call call = { .rax = ECHO_CALL, .rcx = runs };

	CHECK_EQ(vmpl, 2);
	CHECK((guest()->efer & EFER_SVME) != 0);
	if (runs > 0) {
		CHECK_EQ(guest()->rax, SVSM_SUCCESS);
		CHECK_EQ(guest()->rcx, ~(uint64_t)(runs - 1));
	}
	if (runs++ == 2) {
		longjmp(stop, 1);
	}
	world_ask(world_vmsa(), WORLD_CAA, &call);
	return true;
}

WORLD_TEST(loop_serves_and_runs)
{
	world_boot(&two_cpus);
	fake_host.run = play;
	if (setjmp(stop) == 0) {
		request_loop();
	}
	CHECK_EQ(runs, 3);
}

static unsigned int idles;

static void idle(void)
{
	if (++idles == 3) {
		longjmp(stop, 1);
	}
}

/* A CPU without a guest, and a host that refuses to run one: it waits, it does not end. */
WORLD_TEST(loop_waits)
{
	world_boot(&two_cpus);
	fake_cpu.idle = idle;
	ROW("no guest here");
	fake_set_cpu(1);
	if (setjmp(stop) == 0) {
		request_loop();
	}
	CHECK_EQ(idles, 3);
	ROW("the host refuses");
	fake_set_cpu(0);
	idles = 0;
	if (setjmp(stop) == 0) {
		request_loop();
	}
	CHECK_EQ(idles, 3);
}

/* Another vCPU tries to delete this one's VMSA, in vain: the call made meanwhile is answered. */
static void *release(void *entry)
{
	usleep(20000);
	registry_leave(entry);
	return NULL;
}

static bool answered(unsigned int vmpl)
{
	CHECK_EQ(vmpl, 2);
	longjmp(stop, 1);
}

static void idles_too_early(void)
{
	CHECK(false);
	longjmp(stop, 1);
}

WORLD_TEST(loop_waits_for_a_deletion)
{
	const struct world_call call = { .rax = ECHO_CALL, .rcx = 1 };
	struct registry_entry *entry;
	bool passed_over;
	pthread_t other;
	unsigned int cursor = 0;

	world_boot(&two_cpus);
	fake_cpu.idle = idles_too_early;
	fake_host.run = answered;
	world_ask(world_vmsa(), WORLD_CAA, &call);
	entry = registry_enter(WORLD_APIC_ID(0), &cursor, &passed_over);
	CHECK_EQ(pthread_create(&other, NULL, release, entry), 0);
	if (setjmp(stop) == 0) {
		request_loop();
	}
	CHECK_EQ(guest()->rax, SVSM_SUCCESS);
	CHECK_EQ(guest()->rcx, ~UINT64_C(1));
	CHECK_EQ(pthread_join(other, NULL), 0);
}

static unsigned int ran;

static bool note_vmpl(unsigned int vmpl)
{
	ran = vmpl;
	longjmp(stop, 1);
}

/* A lower VMPL that looks as if it asked all the time does not take the vCPU from a higher one. */
WORLD_TEST(the_higher_of_two_goes_on)
{
	const struct world_call call = {.rax = ECHO_CALL, .rcx = 1};
	const uint64_t vmsa = 0x200000;
	const uint64_t caa = 0x201000;

	world_boot(&two_cpus);
	world_give(vmsa, 2);
	world_give(caa, 2);
	*(struct vmsa *)fake_at(vmsa) =
		(struct vmsa){.vmpl = 3, .efer = EFER_SVME, .sev_features = FAKE_FEATURES};
	CHECK_EQ(vcpu_create(2, gpa(vmsa), gpa(caa), WORLD_APIC_ID(0)), ERR_OK);
	fake_host.run = note_vmpl;
	ROW("the lower one alone");
	world_ask(vmsa, caa, &call);
	if (setjmp(stop) == 0) {
		request_loop();
	}
	CHECK_EQ(ran, 3);
	ROW("both");
	world_ask(world_vmsa(), WORLD_CAA, &call);
	world_ask(vmsa, caa, &call);
	if (setjmp(stop) == 0) {
		request_loop();
	}
	CHECK_EQ(ran, 2);
	CHECK_EQ(((const struct vmsa *)fake_at(vmsa))->rcx, ~UINT64_C(1));
}

UNIT_MAIN(CASE(answers), CASE(refuses_protocols), CASE(reserved_pending_values),
	  CASE(spurious_entries), CASE(calling_area_vanished), CASE(not_runnable_during_a_call),
	  CASE(runs_already), CASE(calling_area_vanishes), CASE(calling_area_moves),
	  CASE(area_that_was_left_is_not_touched), CASE(loop_serves_and_runs), CASE(loop_waits),
	  CASE(the_higher_of_two_goes_on), CASE(loop_waits_for_a_deletion))
