/*
 * The whole kernel with the real core service, over the RMP model: the input is what a guest writes
 * and calls, what a service does, and what a host does to pages, in any order. Never a panic; every
 * call that was made gets a result; the SVSM's region and VMSAs are never granted; a page is empty
 * when it is granted for the first time; nobody reaches a page that the kernel does not know of.
 */
#include "base/buf.h"
#include "base/compiler.h"
#include "core_program.h"
#include "fuzz.h"
#include "ipc/route.h"
#include "mm/deposit.h"
#include "mm/pool.h"
#include "snp/ghcb.h"
#include "snp/vmsa.h"
#include "svsm/core.h"
#include "svsm/keel.h"
#include "svsm/protocol.h"
#include "vcpu/registry.h"
#include "vcpu/request.h"
#include "vcpu/vcpu.h"
#include "world.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define STEPS_MAX 48
#define PAGES	  UINT64_C(0x200000) /* what the guest mostly names: these and the next ones */
#define GIVEN	  UINT64_C(8)	      /* of these it has so many */
#define LARGE	  UINT64_C(0x400000)  /* two entries of 2 MiB */
#define CPUS	  2u

static struct rdbuf in;
static struct vmsa first_vmsa; /* of the launch, as the boot left it */
static enum page_state first_state[FAKE_GUEST_PAGES];
static bool is_fresh[FAKE_GUEST_PAGES]; /* validated, not granted to anybody yet */
static uint8_t actions[8];		/* what services other than core do, in turn */
static unsigned int action_at;
static bool services_die;

/* An address: one of those that matter, mostly, with small offsets now and then. */
static uint64_t take_gpa(void)
{
	static const uint64_t special[] = {
		0x400000, 0x600000, 0x800000, WORLD_CAA, WORLD_SECRETS, WORLD_FIRMWARE, 0, 0xEFF000,
		REGION_BASE_DEFAULT, REGION_BASE_DEFAULT + WORLD_IMAGE_PAGES * PAGE_SIZE,
		REGION_BASE_DEFAULT + FAKE_REGION_BYTES, FAKE_GUEST_BYTES,
		FAKE_GUEST_BYTES - PAGE_SIZE,
		UINT64_MAX - 0xFFF, UINT64_C(1) << 52, 0x3FF000,
	};
	uint8_t which = rdbuf_u8(&in);

	if (which < 0x40) {
		return PAGES + (which & 0x1F) * PAGE_SIZE + (which < 0x20 ? 0 : 8);
	}
	if (which == 0x40) {
		return world_vmsa();
	}
	return which == 0x41 ? rdbuf_u64(&in) : special[which % ARRAY_SIZE(special)];
}

/* What the guest at VMPL2 may write it writes; else it would have faulted. */
static void *guest_page(uint64_t gpa)
{
	return gpa < FAKE_GUEST_BYTES && fake_may(gpa, 2, VMPL_WRITE) ? fake_at(gpa) : NULL;
}

static void write_list(void)
{
	uint64_t at = take_gpa();
	uint8_t count = rdbuf_u8(&in) % 8;
	uint8_t *to = guest_page(at);
	struct svsm_list head = { .count = count, .next = rdbuf_u8(&in) % 4 };
	size_t offset = at % PAGE_SIZE;

	if (to == NULL || offset + sizeof(head) + 8 * sizeof(uint64_t) > PAGE_SIZE) {
		return;
	}
	head.count = (uint16_t)(rdbuf_u8(&in) == 0xFF ? 0xFFFF : count);
	memcpy(to, &head, sizeof(head));
	for (unsigned int i = 0; i < count; i++) {
		uint64_t entry = take_gpa() | rdbuf_u8(&in);

		memcpy(to + sizeof(head) + i * sizeof(entry), &entry, sizeof(entry));
	}
}

/* The descriptor of a call by name, in the first page. */
static void write_message(void)
{
	static const char *const names[] = { "core", "plain", "fragile", "shared", "nobody" };
	struct svsm_keel_call *to = guest_page(PAGES);
	uint8_t how = rdbuf_u8(&in);
	struct svsm_keel_call wanted = {
		.version = how >> 6 == 0 ? 1 : how >> 6,
		.call = rdbuf_u8(&in),
		.request_gpa = take_gpa(),
		.request_bytes = rdbuf_u8(&in) * 17u,
		.reply_gpa = take_gpa(),
		.reply_bytes = rdbuf_u8(&in) * 17u,
		.reserved_24 = (how & 0x20) != 0,
	};
	const char *name = names[how % ARRAY_SIZE(names)];

	memcpy(wanted.name, name, strlen(name));
	if (to != NULL) {
		*to = wanted;
	}
}

static void write_vmsa(void)
{
	uint64_t at = take_gpa() & ~(PAGE_SIZE - 1);
	struct vmsa *vmsa = guest_page(at);
	uint8_t how = rdbuf_u8(&in);

	if (vmsa != NULL) {
		*vmsa = (struct vmsa){ .vmpl = how & 7, .efer = (how & 8) != 0 ? 0 : EFER_SVME,
				       .sev_features = (how & 0x10) != 0 ? how : FAKE_FEATURES };
	}
}

/* Which results a call can have. */
static bool is_result(uint64_t rax)
{
	return rax == SVSM_SUCCESS || rax == SVSM_NEEDS_MEMORY + 1 ||
	       (rax >= SVSM_ERR_INCOMPLETE && rax <= SVSM_ERR_BUSY) ||
	       (rax > SVSM_ERR_PROTOCOL_BASE && rax <= SVSM_ERR_CORE_OTHER_FAILURE) ||
	       rax == SVSM_ERR_KEEL_SERVICE_DIED;
}

/* One VMSA of this CPU: looked at, answered, runnable again. */
static void serve(struct registry_entry *entry)
{
	const uint64_t vmsa_gpa = entry->vmsa.value;
	const uint64_t caa = entry->caa.value;
	const struct vmsa *vmsa = fake_at(vmsa_gpa);
	bool is_reachable = fake_may(caa, 0, VMPL_READ);
	bool asks = is_reachable && vmsa->guest_exitcode == EXIT_VMGEXIT &&
		    *(const uint8_t *)fake_at(caa) != 0;
	bool answered;

	vcpu_this()->caller = entry;
	answered = request_handle(entry);
	vcpu_this()->caller = NULL;
	FUZZ_CHECK(answered == asks);
	FUZZ_CHECK(entry->vmsa.value == vmsa_gpa && (vmsa->efer & EFER_SVME) != 0);
	if (answered) {
		FUZZ_CHECK(is_result(vmsa->rax));
		FUZZ_CHECK(!fake_may(caa, 0, VMPL_READ) || *(const uint8_t *)fake_at(caa) == 0);
	}
}

static void ask(struct vmsa *vmsa, uint8_t *caa)
{
	uint8_t how = rdbuf_u8(&in);
	uint32_t protocol = how & 3 ? 0 : rdbuf_u8(&in) + (how & 4 ? 0x100u : 0u);

	protocol = (how & 0x10) != 0 ? SVSM_PROTOCOL_KEEL : protocol;
	vmsa->rax = SVSM_CALL(protocol, rdbuf_u8(&in) & 0xF);
	vmsa->rcx = take_gpa();
	vmsa->rdx = take_gpa();
	vmsa->r8 = (how & 8) != 0 ? rdbuf_u64(&in) : WORLD_APIC_ID(how & 1);
	vmsa->guest_exitcode = (how & 0x80) != 0 ? rdbuf_u8(&in) : EXIT_VMGEXIT;
	*caa = (how & 0x40) != 0 ? rdbuf_u8(&in) : 1;
}

/* A guest of this CPU calls, and the kernel looks at all of them. */
static void call(void)
{
	uint8_t how = rdbuf_u8(&in);
	unsigned int cursor = 0, n = 0;
	struct registry_entry *entry;
	bool is_held = false;

	fake_set_cpu(how % CPUS);
	action_at = 0;
	(void)rdbuf_copy(&in, actions, sizeof(actions));
	while ((entry = registry_enter(WORLD_APIC_ID(how % CPUS), &cursor, &is_held)) != NULL) {
		if (n++ == how / CPUS % 4 && fake_may(entry->caa.value, 0, VMPL_WRITE)) {
			ask(fake_at(entry->vmsa.value), fake_at(entry->caa.value));
		}
		serve(entry);
		registry_leave(entry);
	}
	FUZZ_CHECK(!is_held);
	fake_set_cpu(0);
}

/* The host: takes, remaps, splits what is not the SVSM's; fails an instruction; stops the clock. */
static void host(void)
{
	uint8_t what = rdbuf_u8(&in);
	uint64_t gpa = take_gpa() & ~(PAGE_SIZE - 1);
	bool is_guests = gpa < FAKE_GUEST_BYTES && !fake_is_vmsa(gpa) &&
			 world_state(gpa) != PAGE_SVSM;

	if (what % 4 == 0 && is_guests && fake_is_4k(gpa)) {
		fake_take(gpa);
	} else if (what % 4 == 1 && is_guests) {
		fake_remap(gpa, FAKE_GUEST_PAGES + what / 4 % FAKE_SPARE_PAGES);
	} else if (what % 4 == 2) {
		fake_trace.fault_at = fake_trace.instructions + 1 + what / 4 % 8;
		fake_trace.fault_status = what >> 5;
	} else {
		fake_cpu.ticks_step = what > 0x80 ? 4000000 : what;
	}
}

/* A peer, with what is in the request as its header and payload; or a call of Linux's. */
static void ask_kernel(struct msg_buffer *msg, uint8_t what)
{
	static const uint64_t linux_numbers[] = { 1, 2, 9, 11, 20, 158, 228, 318, 0xFFF };

	if (what < 16) {
		memcpy(msg->scratch, &msg->request, sizeof(msg->request));
		memcpy(msg->scratch + sizeof(msg->request), msg->in, MSG_PAYLOAD_BYTES);
		(void)fake_sys(SYS_PEER, what % (WORLD_SERVICES + 1),
			       offsetof(struct msg_buffer, scratch), what * 256u);
		return;
	}
	(void)fake_linux(linux_numbers[what % ARRAY_SIZE(linux_numbers)],
			 (what & 1) != 0 ? WORLD_DATA_VA : SERVICE_HEAP_VA, PAGE_SIZE, 2, 0x22);
}

/* Services other than core: as the input has it, and sound again when it ends. */
static void act(struct msg_buffer *msg, uint8_t what)
{
	switch (what & 7) {
	case 0:
		fake_raise(VECTOR_GP, what);
	case 1:
		(void)fake_sys(SYS_YIELD, 0, 0, 0);
		break;
	case 2:
		(void)fake_sys(SYS_EXIT, 0, 0, 0);
		break;
	case 3:
		(void)fake_sys(SYS_BASE + (what >> 3), PAGES, what, 8);
		break;
	case 4:
		memset(&msg->reply, what, sizeof(msg->reply));
		break;
	case 5:
		(void)fake_trap(VECTOR_VC, EXIT_CPUID);
		break;
	case 6:
		ask_kernel(msg, what >> 3);
		break;
	default:
		break;
	}
}

static void program(struct msg_buffer *msg, uint64_t first)
{
	/* Pages of the heap stay mapped: all of them from the first start on. */
	if (first != 0) {
		uint64_t at = fake_sys(SYS_MEMORY, 8, 0, 0).value;

		(void)fake_linux(11, at, 8 * PAGE_SIZE, 0, 0);
	}
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		world_reply(msg, SVSM_SUCCESS);
		msg->reply.payload_bytes = msg->request.payload_bytes;
		for (unsigned int i = 0; i < 3; i++) {
			act(msg, actions[action_at++ % ARRAY_SIZE(actions)]);
			if (services_die) {
				fake_raise(VECTOR_UD, 0);
			}
		}
	}
}

static bool is_empty(uint64_t gpa)
{
	static const uint8_t zeros[PAGE_SIZE];

	return memcmp(fake_at(gpa), zeros, PAGE_SIZE) == 0;
}

/* Before each instruction of the kernel's takes effect. */
static void watch(const struct fake_event *event)
{
	uint64_t pages = event->is_2m ? PAGES_PER_2M : 1;
	uint64_t first = event->gpa / PAGE_SIZE;
	bool grants = event->op == FAKE_ADJUST && event->perms != 0;
	bool validates = event->op == FAKE_PVALIDATE && event->validate;

	if (!grants && !validates) {
		return;
	}
	FUZZ_CHECK(first + pages <= FAKE_GUEST_PAGES);
	FUZZ_CHECK(!grants || !event->vmsa || event->perms == VMPL_READ);
	for (uint64_t page = first; page < first + pages; page++) {
		FUZZ_CHECK(!grants || !is_fresh[page] || is_empty(page * PAGE_SIZE));
		is_fresh[page] = validates;
	}
}

static uint8_t granted(const struct rmp_entry *e)
{
	return (e->flags & RMP_ASSIGNED) != 0 ? e->perms[1] | e->perms[2] | e->perms[3] : 0;
}

/* A page is its owner's and the more privileged VMPLs', and nobody else's. */
static void check_reach(const struct rmp_entry *e, unsigned int owner)
{
	for (unsigned int vmpl = owner + 1; vmpl < VMPL_COUNT; vmpl++) {
		FUZZ_CHECK(e->perms[vmpl] == 0);
	}
}

/* What must hold between calls. */
static void check_pages(void)
{
	for (uint64_t i = 0; i < FAKE_REGION_PAGES; i++) {
		FUZZ_CHECK(granted(rmp_entry(&fake_rmp, REGION_BASE_DEFAULT + i * PAGE_SIZE)) == 0);
	}
	for (uint64_t i = 0; i < FAKE_GUEST_PAGES; i++) {
		const struct rmp_entry *e = rmp_entry(&fake_rmp, i * PAGE_SIZE);

		if ((e->flags & RMP_VMSA) != 0) {
			FUZZ_CHECK((granted(e) & ~VMPL_READ) == 0);
			FUZZ_CHECK(pagestate_get(gpa(i * PAGE_SIZE)) == PAGE_VMSA);
		} else if (granted(e) != 0) {
			enum page_state state = pagestate_get(gpa(i * PAGE_SIZE));

			FUZZ_CHECK(state == PAGE_GUEST || state == PAGE_CAA);
			check_reach(e, pagestate_owner(gpa(i * PAGE_SIZE)));
		}
	}
}

/* What the guest has is zero, what it has not validated holds something: not its business. */
static void fill_memory(void)
{
	memcpy(fake_at(world_vmsa()), &first_vmsa, sizeof(first_vmsa));
	memset(fake_at(WORLD_CAA), 0, PAGE_SIZE);
	memset(fake_at(PAGES), 0, GIVEN * PAGE_SIZE);
	memset(fake_at(PAGES + GIVEN * PAGE_SIZE), 0xDD, (32 - GIVEN) * PAGE_SIZE);
	memset(fake_at(LARGE), 0xDD, PAGE_SIZE);
	memset(fake_at(LARGE + PAGE_2M_SIZE), 0xDD, PAGE_SIZE);
}

static void boot_once(void)
{
	static const struct world world = {
		.cpus = CPUS, .guest_vmpl = 2, .claims_region = true
	};
	static bool is_booted;

	if (is_booted) {
		return;
	}
	is_booted = true;
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = program;
	}
	fake_programs[WORLD_CORE] = core_program;
	world_boot(&world);
	fake_assign_2m(LARGE);
	fake_assign_2m(LARGE + PAGE_2M_SIZE);
	for (uint64_t i = 0; i < GIVEN; i++) {
		world_give(PAGES + i * PAGE_SIZE, 2);
	}
	memcpy(&first_vmsa, fake_at(world_vmsa()), sizeof(first_vmsa));
	for (uint64_t i = 0; i < FAKE_GUEST_PAGES; i++) {
		first_state[i] = world_state(i * PAGE_SIZE);
	}
	fake_rmp_save();
	fill_memory();
}

/* Every service dies on every CPU, so that each starts anew. */
static void restart_services(void)
{
	core_program_dies = true;
	services_die = true;
	for (unsigned int i = 0; i < WORLD_SERVICES * CPUS; i++) {
		struct route_call c = { .protocol = WORLD_PROTOCOL(i / CPUS) };

		fake_set_cpu(i % CPUS);
		route_dispatch(&c);
	}
	core_program_dies = false;
	services_die = false;
	fake_set_cpu(0);
}

/* Only the launch's VMSA is left, with its own calling area. */
static void restore_vcpus(void)
{
	struct registry_entry *entry;
	unsigned int cursor = 0;
	bool is_held = false;

	for (uint64_t i = 0; i < FAKE_GUEST_PAGES; i++) {
		if (pagestate_get(gpa(i * PAGE_SIZE)) == PAGE_VMSA) {
			FUZZ_CHECK(registry_claim(gpa(i * PAGE_SIZE), 1, &entry) == ERR_OK);
			registry_remove(entry);
		}
	}
	entry = registry_enter(WORLD_APIC_ID(0), &cursor, &is_held);
	FUZZ_CHECK(entry != NULL && entry->is_launch);
	registry_set_caa(entry, gpa(WORLD_CAA));
	registry_leave(entry);
}

/* Back to what the boot left, so that an input does the same whatever came before it. */
static void restore(void)
{
	gpa_t page;

	fake_trace.hook = NULL;
	fake_trace.fault_at = 0;
	fake_trace.instructions = 0;
	fake_trace.count = 0;
	fake_cpu.ticks_step = 0;
	while (deposit_withdraw(2, &page) != ERR_NOMEM) {
	}
	restore_vcpus();
	fake_rmp_restore();
	restart_services();
	for (uint64_t i = 0; i < FAKE_GUEST_PAGES; i++) {
		if (pagestate_get(gpa(i * PAGE_SIZE)) != first_state[i] ||
		    pagestate_owner(gpa(i * PAGE_SIZE)) == 3) {
			world_set_state(i * PAGE_SIZE, first_state[i]);
		}
	}
	fill_memory();
	memset(is_fresh, 0, sizeof(is_fresh));
	fake_console_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	size_t free_pages;

	boot_once();
	free_pages = pool_free_pages();
	in = rdbuf_over(data, bytes);
	fake_trace.hook = watch;
	for (unsigned int i = 0; i < STEPS_MAX && rdbuf_left(&in) > 0; i++) {
		static void (*const steps[])(void) = { call, write_list, write_vmsa, host,
					       write_message };

		steps[rdbuf_u8(&in) % ARRAY_SIZE(steps)]();
	}
	check_pages();
	restore();
	FUZZ_CHECK(pool_free_pages() == free_pages);
	return 0;
}
