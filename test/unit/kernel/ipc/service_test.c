/*
 * The life of services: who gets in, who waits, what happens to the others when one dies, what a
 * restart brings back. A program may play another CPU: it changes the CPU and calls the kernel.
 */
#include "ipc/service.h"

#include "mm/pool.h"
#include "panic.h"
#include "svsm/protocol.h"
#include "world.h"
#include "x86/regs.h"

static const struct world three_cpus = { .cpus = 3, .guest_vmpl = 2 };

/* Calls that the programs below understand. */
enum {
	ECHO, /* RCX inverted */
	DIE,
	YIELD, /* as often as RCX says, then as ECHO */
	WRITE, /* to its data; RCX is what was there before */
	INSIDE, /* runs `inside` as CPU 1, then as ECHO */
	INSIDE_YIELD, /* the same, then yields */
	YIELD_INSIDE, /* yields, then as INSIDE */
	YIELD_COPY, /* yields, then copies to and from the guest's page at RCX; RCX: both errors */
};

static void (*inside)(void);
static unsigned int inits; /* runs of service_init() */
static unsigned int starts;
static bool init_fails;
static bool init_is_slow; /* `inside` happens during service_init() */

static void play_other_cpu(void)
{
	fake_set_cpu(1);
	inside();
	fake_set_cpu(0);
}

static unsigned int copy_errors; /* of YIELD_COPY, to the guest and from it */

static unsigned int copy(uint64_t number, struct msg_buffer *msg)
{
	memset(msg->scratch, 0x5A, 16);
	return (unsigned int)fake_sys(number, msg->request.rcx,
				      offsetof(struct msg_buffer, scratch), 16)
		.err;
}

static void perform(struct msg_buffer *msg)
{
	uint8_t *data = fake_user_at(WORLD_DATA_VA, IMAGE_WRITE);

	switch (msg->request.call) {
	case YIELD_INSIDE:
		(void)fake_sys(SYS_YIELD, 0, 0, 0);
		play_other_cpu();
		break;
	case YIELD_COPY:
		(void)fake_sys(SYS_YIELD, 0, 0, 0);
		copy_errors = copy(SYS_COPY_TO_GUEST, msg) << 8 | copy(SYS_COPY_FROM_GUEST, msg);
		break;
	case DIE:
		fake_raise(VECTOR_GP, 0);
	case YIELD:
		for (uint64_t i = 0; i < msg->request.rcx; i++) {
			CHECK_EQ(fake_sys(SYS_YIELD, 0, 0, 0).err, ERR_OK);
		}
		break;
	case WRITE:
		msg->reply.rcx = data[7];
		data[7] = 0x11;
		return;
	case INSIDE:
		play_other_cpu();
		break;
	case INSIDE_YIELD:
		play_other_cpu();
		(void)fake_sys(SYS_YIELD, 0, 0, 0);
		break;
	default:
		break;
	}
	msg->reply.rcx = ~msg->request.rcx;
}

static void program(struct msg_buffer *msg, uint64_t first)
{
	starts++;
	inits += first != 0;
	if (first != 0 && init_fails) {
		(void)fake_sys(SYS_EXIT, 0, 0, 0);
	}
	if (first != 0 && init_is_slow) {
		play_other_cpu();
	}
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		world_reply(msg, SVSM_SUCCESS);
		msg->reply.flags = MSG_SET_RCX;
		perform(msg);
	}
}

static void start(void)
{
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = program;
	}
	world_boot(&three_cpus);
	inits = 0;
	starts = 0;
}

static struct route_call dispatch(enum world_service service, unsigned int cpu, uint32_t what,
				  uint64_t rcx)
{
	struct route_call call = { .protocol = WORLD_PROTOCOL(service), .call = what, .vmpl = 2,
				   .vcpu = WORLD_APIC_ID(cpu), .rcx = rcx };

	fake_set_cpu(cpu);
	route_dispatch(&call);
	return call;
}

#define CHECK_CALL(service, cpu, what, rcx, want) \
	CHECK_EQ(dispatch((service), (cpu), (what), (rcx)).result, (want))

WORLD_TEST(one_cpu_initialises)
{
	start();
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		CHECK_CALL(WORLD_SHARED, cpu, ECHO, 1, SVSM_SUCCESS);
		CHECK_CALL(WORLD_SHARED, cpu, ECHO, 1, SVSM_SUCCESS);
	}
	CHECK_EQ(inits, 0);
	CHECK_EQ(starts, 2);
}

/* What takes one call at a time has one stack, wherever it runs. */
WORLD_TEST(one_part_for_all_cpus)
{
	start();
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		CHECK_CALL(WORLD_PLAIN, cpu, ECHO, 1, SVSM_SUCCESS);
	}
	CHECK_EQ(starts, 0);
	CHECK_EQ(fake_mapped(WORLD_PLAIN, SERVICE_MSG_VA + SERVICE_MSG_STRIDE, NULL), 0);
	CHECK(fake_mapped(WORLD_SHARED, SERVICE_MSG_VA + SERVICE_MSG_STRIDE, NULL) != 0);
}

/* A restart brings data, zeros, stacks and messages back to what was measured. */
WORLD_TEST(restarts_from_the_image)
{
	void *zeros = NULL;

	start();
	CHECK_EQ(dispatch(WORLD_PLAIN, 0, WRITE, 0).rcx, 0xD0 + WORLD_PLAIN);
	CHECK_EQ(dispatch(WORLD_PLAIN, 0, WRITE, 0).rcx, 0x11);
	CHECK(fake_mapped(WORLD_PLAIN, WORLD_DATA_VA + PAGE_SIZE, &zeros) != 0);
	memset(zeros, 0x99, PAGE_SIZE);
	CHECK_CALL(WORLD_PLAIN, 0, DIE, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_EQ(dispatch(WORLD_PLAIN, 1, WRITE, 0).rcx, 0xD0 + WORLD_PLAIN);
	CHECK_EQ(*(const uint8_t *)zeros, 0);
	CHECK_EQ(inits, 1);
	ROW("the others were not touched");
	CHECK_CALL(WORLD_SHARED, 0, ECHO, 1, SVSM_SUCCESS);
	CHECK_EQ(inits, 1);
}

WORLD_TEST(stays_down)
{
	start();
	CHECK_CALL(WORLD_FRAGILE, 0, ECHO, 1, SVSM_SUCCESS);
	CHECK_CALL(WORLD_FRAGILE, 0, DIE, 1, SVSM_ERR_KEEL_SERVICE_DIED);
	for (unsigned int cpu = 0; cpu < 3; cpu++) {
		CHECK_CALL(WORLD_FRAGILE, cpu, ECHO, 1, SVSM_ERR_KEEL_SERVICE_DIED);
	}
	CHECK_EQ(inits, 0);
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 1, SVSM_SUCCESS);
}

WORLD_TEST(restart_fails)
{
	start();
	CHECK_CALL(WORLD_PLAIN, 0, DIE, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	init_fails = true;
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	init_fails = false;
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 0, SVSM_SUCCESS);
	CHECK_EQ(inits, 3);
}

WORLD_TEST(yields_and_resumes)
{
	struct route_call call;

	start();
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 2, SVSM_ERR_INCOMPLETE);
	call = dispatch(WORLD_PLAIN, 0, YIELD, 2);
	CHECK_EQ(call.result, SVSM_ERR_INCOMPLETE);
	CHECK_EQ(call.rcx, 2);
	call = dispatch(WORLD_PLAIN, 0, YIELD, 2);
	CHECK_EQ(call.result, SVSM_SUCCESS);
	CHECK_EQ(call.rcx, ~UINT64_C(2));
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 1, SVSM_SUCCESS);
}

/* A guest that forgot its call (kexec): another one helps it on, and is told to try again. */
WORLD_TEST(other_call_while_parked)
{
	start();
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 2, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 7, SVSM_ERR_BUSY);
	ROW("one that differs in a register is another one");
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 3, SVSM_ERR_BUSY);
	ROW("now the way is free");
	CHECK_EQ(dispatch(WORLD_PLAIN, 0, ECHO, 7).rcx, ~UINT64_C(7));
}

/*
 * What it was for may be in other use by then: a host can have a guest give its call up, by not
 * running VMPL0.
 */
WORLD_TEST(abandoned_work_touches_no_memory)
{
	const uint64_t page = 0x200000;

	start();
	world_give(page, 2);
	CHECK_CALL(WORLD_CORE, 0, YIELD_COPY, page, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_CORE, 0, ECHO, 7, SVSM_ERR_BUSY);
	CHECK_EQ(copy_errors, ERR_ADDRESS << 8 | ERR_ADDRESS);
	CHECK_EQ(*(const uint8_t *)fake_at(page), 0);
	ROW("who comes back has it");
	CHECK_CALL(WORLD_CORE, 0, YIELD_COPY, page, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_CORE, 0, YIELD_COPY, page, SVSM_SUCCESS);
	CHECK_EQ(copy_errors, ERR_OK);
	CHECK_EQ(*(const uint8_t *)fake_at(page), 0x5A);
}

WORLD_TEST(dies_while_another_helps)
{
	start();
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 1, SVSM_ERR_INCOMPLETE);
	fake_cpu.ticks_step = 0;
	CHECK_CALL(WORLD_PLAIN, 0, DIE, 0, SVSM_ERR_BUSY);
	CHECK_CALL(WORLD_PLAIN, 0, DIE, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 0, SVSM_SUCCESS);
}

WORLD_TEST(one_at_a_time)
{
	start();
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 1, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 5, SVSM_ERR_BUSY);
	CHECK_CALL(WORLD_SHARED, 1, ECHO, 5, SVSM_SUCCESS);
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 1, SVSM_SUCCESS);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 5, SVSM_SUCCESS);
}

/* The first that was refused is served before the one that comes back at once. */
WORLD_TEST(in_fair_order)
{
	start();
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 1, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 5, SVSM_ERR_BUSY);
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 1, SVSM_SUCCESS);
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 5, SVSM_ERR_BUSY);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 5, SVSM_SUCCESS);
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 5, SVSM_SUCCESS);
}

/* A vCPU that left its work for ever holds nobody up for ever; its work is done, unanswered. */
WORLD_TEST(owner_is_gone)
{
	unsigned int refusals = 0;

	start();
	CHECK_CALL(WORLD_PLAIN, 0, YIELD, 5, SVSM_ERR_INCOMPLETE);
	while (refusals < 5000 &&
	       dispatch(WORLD_PLAIN, 1, ECHO, 5).result == SVSM_ERR_BUSY) {
		refusals++;
	}
	CHECK_EQ(refusals, 1005);
}

/* Keys must not outlive the service that had them. */
WORLD_TEST(down_is_wiped)
{
	uint8_t *data = NULL;

	start();
	CHECK(fake_mapped(WORLD_FRAGILE, WORLD_DATA_VA, (void **)&data) != 0);
	CHECK_EQ(data[0], 0xD0 + WORLD_FRAGILE);
	CHECK_CALL(WORLD_FRAGILE, 0, DIE, 1, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_EQ(data[0], 0);
}

WORLD_TEST(many_at_a_time)
{
	start();
	CHECK_CALL(WORLD_SHARED, 0, YIELD, 1, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_SHARED, 1, YIELD, 2, SVSM_ERR_INCOMPLETE);
	CHECK_EQ(dispatch(WORLD_SHARED, 2, ECHO, 3).rcx, ~UINT64_C(3));
	CHECK_EQ(dispatch(WORLD_SHARED, 0, YIELD, 1).rcx, ~UINT64_C(1));
	CHECK_CALL(WORLD_SHARED, 1, YIELD, 2, SVSM_ERR_INCOMPLETE);
	CHECK_EQ(dispatch(WORLD_SHARED, 1, YIELD, 2).rcx, ~UINT64_C(2));
}

/* Parts that are parked elsewhere die with it: their calls start anew, nobody waits for ever. */
WORLD_TEST(parked_parts_die_too)
{
	start();
	CHECK_CALL(WORLD_SHARED, 0, YIELD, 1, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_SHARED, 1, YIELD, 1, SVSM_ERR_INCOMPLETE);
	CHECK_CALL(WORLD_SHARED, 2, DIE, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_CALL(WORLD_SHARED, 0, YIELD, 1, SVSM_ERR_INCOMPLETE);
	CHECK_EQ(inits, 1);
	CHECK_CALL(WORLD_SHARED, 0, YIELD, 1, SVSM_SUCCESS);
	CHECK_CALL(WORLD_SHARED, 1, ECHO, 1, SVSM_SUCCESS);
}

static void expect_busy(void)
{
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 1, SVSM_ERR_BUSY);
}

static void other_dies(void)
{
	CHECK_CALL(WORLD_SHARED, 1, DIE, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_CALL(WORLD_SHARED, 1, ECHO, 0, SVSM_ERR_KEEL_SERVICE_DIED);
}

WORLD_TEST(busy_while_running)
{
	start();
	inside = expect_busy;
	CHECK_CALL(WORLD_PLAIN, 0, INSIDE, 9, SVSM_SUCCESS);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 9, SVSM_SUCCESS);
}

/* It dies on CPU 1 while CPU 0 is inside: that call still gets its answer, then all starts anew. */
WORLD_TEST(dies_while_another_is_inside)
{
	start();
	inside = other_dies;
	CHECK_EQ(dispatch(WORLD_SHARED, 0, INSIDE, 9).rcx, ~UINT64_C(9));
	CHECK_EQ(inits, 0);
	CHECK_CALL(WORLD_SHARED, 1, ECHO, 0, SVSM_SUCCESS);
	CHECK_EQ(inits, 1);
}

/* The same, but CPU 0 yields afterwards: what it parks is dead, and must not stop the restart. */
WORLD_TEST(dies_before_another_yields)
{
	start();
	inside = other_dies;
	CHECK_CALL(WORLD_SHARED, 0, INSIDE_YIELD, 9, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_CALL(WORLD_SHARED, 1, ECHO, 0, SVSM_SUCCESS);
	CHECK_CALL(WORLD_SHARED, 0, ECHO, 0, SVSM_SUCCESS);
	CHECK_EQ(inits, 1);
}

/* The same, with CPU 0 in work that it had parked and took up again: it still counts, once. */
WORLD_TEST(dies_while_another_resumed)
{
	start();
	inside = other_dies;
	CHECK_CALL(WORLD_SHARED, 0, YIELD_INSIDE, 9, SVSM_ERR_INCOMPLETE);
	CHECK_EQ(dispatch(WORLD_SHARED, 0, YIELD_INSIDE, 9).rcx, ~UINT64_C(9));
	CHECK_EQ(inits, 0);
	CHECK_CALL(WORLD_SHARED, 1, ECHO, 0, SVSM_SUCCESS);
	CHECK_CALL(WORLD_SHARED, 0, ECHO, 0, SVSM_SUCCESS);
	CHECK_EQ(inits, 1);
}

static void expect_both_busy(void)
{
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 1, SVSM_ERR_BUSY);
	CHECK_CALL(WORLD_PLAIN, 2, DIE, 1, SVSM_ERR_BUSY);
}

/* A service_init() that takes long, or for ever, holds its own vCPU and no other. */
WORLD_TEST(busy_while_it_starts_again)
{
	start();
	CHECK_CALL(WORLD_PLAIN, 0, DIE, 0, SVSM_ERR_KEEL_SERVICE_DIED);
	inside = expect_both_busy;
	init_is_slow = true;
	CHECK_CALL(WORLD_PLAIN, 0, ECHO, 9, SVSM_SUCCESS);
	CHECK_EQ(inits, 1);
	CHECK_CALL(WORLD_PLAIN, 1, ECHO, 9, SVSM_SUCCESS);
}

static void boot_fails(const char *name, void (*spoil)(struct image_map *image), enum err want)
{
	size_t free_pages;

	ROW(name);
	fake_space = (struct fake_space){ 0 };
	world_vcpus(&three_cpus);
	free_pages = pool_free_pages();
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = program;
	}
	spoil(fake_image());
	CHECK_EQ(service_start_all(fake_image()), want);
	CHECK(pool_free_pages() <= free_pages);
}

static void no_image(struct image_map *image)
{
	image->services[WORLD_FRAGILE].name[0] = 'F';
}

static void fewer_images(struct image_map *image)
{
	image->service_count = WORLD_SHARED;
}

static void longer_name(struct image_map *image)
{
	memcpy(image->services[WORLD_CORE].name, "core-and-more-xx", IMAGE_NAME_BYTES);
}

static void no_segments(struct image_map *image)
{
	image->services[WORLD_CORE].segment_count = 0;
}

static void no_memory(struct image_map *image)
{
	(void)image;
	CHECK(pool_alloc(pool_free_pages() - 10) != NULL);
}

static void no_entry(struct image_map *image)
{
	image->services[WORLD_CORE].entry = WORLD_DATA_VA;
}

static void bad_init(struct image_map *image)
{
	(void)image;
	init_fails = true;
}

WORLD_TEST(no_image_of_it)
{
	boot_fails("another name", no_image, ERR_UNSUPPORTED);
}

WORLD_TEST(too_few_images)
{
	boot_fails("fewer images than services", fewer_images, ERR_UNSUPPORTED);
}

WORLD_TEST(name_only_begins_alike)
{
	boot_fails("a longer name", longer_name, ERR_UNSUPPORTED);
}

WORLD_TEST(nothing_to_load)
{
	boot_fails("no segments", no_segments, ERR_FORMAT);
}

WORLD_TEST(no_memory_for_it)
{
	boot_fails("no memory", no_memory, ERR_NOMEM);
}

WORLD_TEST(entry_is_no_code)
{
	boot_fails("entry point in data", no_entry, ERR_DEAD);
}

WORLD_TEST(init_fails_at_boot)
{
	boot_fails("exits in service_init()", bad_init, ERR_DEAD);
}

UNIT_MAIN(CASE(one_cpu_initialises), CASE(one_part_for_all_cpus), CASE(in_fair_order),
	  CASE(owner_is_gone), CASE(down_is_wiped), CASE(restarts_from_the_image), CASE(stays_down),
	  CASE(restart_fails), CASE(yields_and_resumes), CASE(other_call_while_parked),
	  CASE(abandoned_work_touches_no_memory), CASE(dies_while_another_helps),
	  CASE(one_at_a_time), CASE(many_at_a_time), CASE(parked_parts_die_too),
	  CASE(busy_while_running), CASE(dies_while_another_is_inside),
	  CASE(dies_before_another_yields), CASE(dies_while_another_resumed),
	  CASE(busy_while_it_starts_again), CASE(no_image_of_it), CASE(too_few_images),
	  CASE(name_only_begins_alike), CASE(nothing_to_load), CASE(no_memory_for_it),
	  CASE(entry_is_no_code), CASE(init_fails_at_boot))
