/*
 * The hammer: four CPUs make calls about eight pages, against each other. Then the first one,
 * alone, asks the SVSM about each page and compares: with what the RMP says of it (sim/probe.h),
 * and with the sum of what was done to it. At last it takes each page through every state and
 * compares again.
 */
#include "hammer.h"

#include "base/compiler.h"
#include "check.h"
#include "console.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "sim/model/rmp.h"
#include "sim/probe.h"
#include "smp.h"
#include "trap.h"
#include "vmsa.h"

#define REASON_FAILED 1
#define STEPS	      UINT64_C(HAMMER_STEPS) /* of each worker, in each of two rounds */

/* What the SVSM believes of a page. */
enum belief { FREE, GUEST, AREA, VMSA, GIVEN, UNKNOWN };

NORETURN void guest_main(void);

static struct hammer_worker workers[HAMMER_WORKERS];
static uint64_t list[PAGE_SIZE / sizeof(uint64_t)] ALIGNED(4096);
static bool is_raced;

static uint32_t call_core(uint32_t id, uint64_t rcx)
{
	struct client_call c = {.rax = HAMMER_CORE(id), .rcx = rcx};

	return (uint32_t)svsm_call(&c);
}

static uint64_t probe(uint64_t gpa)
{
	uint64_t answer = PROBE_NO_MEMORY;

	if (!ghcb_probe(gpa, &answer)) {
		check_true("the simulator tells (parameter probe=1)", false);
	}
	return answer;
}

/* By answers alone. A page that was free is validated afterwards. */
static enum belief ask(unsigned int page)
{
	uint64_t gpa = hammer_gpa(page);
	uint32_t answer = svsm_pvalidate(gpa | SVSM_PVALIDATE_VALIDATE);

	if (answer == SVSM_SUCCESS) {
		return FREE;
	}
	if (answer == SVSM_ERR_CORE_NO_CHANGE) {
		return GUEST;
	}
	/* A calling area can be read as a list; the others cannot. */
	if (call_core(SVSM_CORE_PVALIDATE, gpa + PAGE_SIZE - 8) != SVSM_ERR_INVALID_ADDRESS) {
		return AREA;
	}
	answer = call_core(SVSM_CORE_DELETE_VCPU, gpa);
	if (answer == SVSM_SUCCESS) {
		return VMSA;
	}
	return answer == SVSM_ERR_INVALID_PARAMETER ? GIVEN : UNKNOWN;
}

/* By the RMP. */
static enum belief see(uint64_t answer)
{
	uint64_t flags = PROBE_FLAGS(answer) & ~(uint64_t)RMP_IN_USE;
	uint64_t granted = 0;
	uint64_t all = 0;

	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		all |= PROBE_PERMS(answer, vmpl);
		granted += PROBE_PERMS(answer, vmpl) == (vmpl <= svsm_vmpl() ? VMPL_RWX : 0);
	}
	if (flags == RMP_ASSIGNED && all == 0) {
		return FREE;
	}
	if (flags == (RMP_ASSIGNED | RMP_VALIDATED) && granted == VMPL_COUNT - 1) {
		return GUEST;
	}
	if (flags == (RMP_ASSIGNED | RMP_VALIDATED) && all == 0) {
		return GIVEN;
	}
	if (flags == (RMP_ASSIGNED | RMP_VALIDATED | RMP_VMSA) &&
	    (all & ~(uint64_t)VMPL_READ) == 0) {
		return VMSA;
	}
	return UNKNOWN;
}

static bool agree(enum belief asked, enum belief seen)
{
	return (asked == AREA ? GUEST : asked) == seen && seen != UNKNOWN;
}

/* The sum over all workers. */
static bool counts_agree(unsigned int page, enum belief asked)
{
	int64_t valid = 0, vmsa = 0, given = 0;

	for (unsigned int i = 0; i < HAMMER_WORKERS; i++) {
		valid += workers[i].valid[page];
		vmsa += workers[i].vmsa[page];
		given += workers[i].given[page];
	}
	return valid == (asked != FREE) && vmsa == (asked == VMSA) && given == (asked == GIVEN);
}

/* The RMP first: asking changes things. */
static void compare(void)
{
	uint64_t seen[HAMMER_PAGES];

	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		seen[page] = probe(hammer_gpa(page));
	}
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		/* An area may be one of a VMSA that was deleted just now. */
		enum belief asked = ask(page);

		if (!agree(asked, see(seen[page]))) {
			check_equal("SVSM and RMP say the same of a page", seen[page], asked);
		}
		if (!is_raced && !counts_agree(page, asked)) {
			check_equal("a page is what the calls made of it", page, UNKNOWN);
		}
	}
	check_true("SVSM and RMP were compared", true);
}

/* Whatever they are: then all are the guest's. */
static void take_all_back(void)
{
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		(void)call_core(SVSM_CORE_DELETE_VCPU, hammer_gpa(page));
	}
	(void)call_core(SVSM_CORE_WITHDRAW_MEM, (uintptr_t)list);
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		(void)svsm_pvalidate(hammer_gpa(page) | SVSM_PVALIDATE_VALIDATE);
	}
}

static uint32_t give(unsigned int page)
{
	list[0] = 1;
	list[1] = hammer_gpa(page);
	return call_core(SVSM_CORE_DEPOSIT_MEM, (uintptr_t)list);
}

static uint32_t make_vmsa(unsigned int page)
{
	struct client_call c = {.rax = HAMMER_CORE(SVSM_CORE_CREATE_VCPU),
				.rcx = hammer_gpa(page),
				.rdx = hammer_gpa((page + 1) % HAMMER_PAGES),
				.r8 = smp_own_apic_id()};

	vmsa_fill((struct vmsa *)(uintptr_t)hammer_gpa(page));
	return (uint32_t)svsm_call(&c);
}

static bool is_seen(unsigned int page, uint32_t result, enum belief want)
{
	return result == SVSM_SUCCESS && see(probe(hammer_gpa(page))) == want;
}

/* Every state and the way back, each answer and each RMP entry. */
static bool walk(unsigned int page)
{
	uint64_t gpa = hammer_gpa(page);

	return is_seen(page, SVSM_SUCCESS, GUEST) && is_seen(page, svsm_pvalidate(gpa), FREE) &&
	       svsm_pvalidate(gpa) == SVSM_ERR_CORE_NO_CHANGE &&
	       is_seen(page, svsm_pvalidate(gpa | SVSM_PVALIDATE_VALIDATE), GUEST) &&
	       is_seen(page, make_vmsa(page), VMSA) &&
	       is_seen(page, call_core(SVSM_CORE_DELETE_VCPU, gpa), GUEST) &&
	       is_seen(page, svsm_remap(gpa), GUEST) && is_seen(page, svsm_remap(CAA_GPA), GUEST) &&
	       is_seen(page, give(page), GIVEN) &&
	       is_seen(page, call_core(SVSM_CORE_WITHDRAW_MEM, (uintptr_t)list), GUEST);
}

static void walk_all(void)
{
	unsigned int good = 0;

	take_all_back();
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		good += walk(page);
	}
	check_equal("each page goes through every state", good, HAMMER_PAGES);
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		(void)svsm_pvalidate(hammer_gpa(page));
	}
}

static void job_work(struct smp_cpu *self)
{
	hammer_run(&workers[self->index + 1], self->index + 1, STEPS, is_raced);
}

static void job_sleep(struct smp_cpu *self)
{
	(void)self;
	for (;;) {
		cpu_halt();
	}
}

/* As long as it gets on. */
static bool wait_for(const struct smp_cpu *cpu)
{
	const struct hammer_worker *w = &workers[cpu->index + 1];
	uint64_t before;

	do {
		before = READ_ONCE(w->done);
		if (smp_wait(cpu)) {
			return true;
		}
	} while (READ_ONCE(w->done) != before);
	return false;
}

static void print_counts(void)
{
	static const char *const names[HAMMER_KINDS] = {
		[HAMMER_VALIDATE] = "validate",	    [HAMMER_INVALIDATE] = "invalidate",
		[HAMMER_CREATE] = "CREATE_VCPU",    [HAMMER_DELETE] = "DELETE_VCPU",
		[HAMMER_DEPOSIT] = "DEPOSIT",	    [HAMMER_WITHDRAW] = "WITHDRAW",
		[HAMMER_REMAP] = "REMAP_CA",	    [HAMMER_FILL] = "write",
		[HAMMER_VICTIM] = "a running VMSA", [HAMMER_RACED] = "raced list",
	};

	for (unsigned int kind = 0; kind < HAMMER_KINDS; kind++) {
		uint64_t agreed = 0, refused = 0;

		for (unsigned int i = 0; i < HAMMER_WORKERS; i++) {
			agreed += workers[i].agreed[kind];
			refused += workers[i].refused[kind];
		}
		console_text("hammer: ");
		console_text(names[kind]);
		console_text(" ");
		console_decimal(agreed);
		console_text(" done, ");
		console_decimal(refused);
		console_text(" refused");
		console_line();
		/* WITHDRAW_MEM cannot fail, nothing may succeed at a running VMSA. */
		if ((agreed == 0) !=
		    (kind == HAMMER_VICTIM || (kind == HAMMER_RACED && !is_raced))) {
			check_true(names[kind], false);
		}
	}
}

static void check_worker(const struct hammer_worker *w)
{
	if (w->is_odd) {
		check_equal("each answer is one that may come", w->odd_answer, w->odd_call);
	} else {
		check_equal("a worker did all its steps", w->done, STEPS);
	}
}

static void round(const char *subject, bool raced)
{
	is_raced = raced;
	check_subject(subject);
	for (unsigned int i = 0; i < HAMMER_WORKERS; i++) {
		workers[i] = (struct hammer_worker){
			.client = i == 0 ? *svsm_client() : smp_cpu(i - 1)->client,
			.home_gpa = i == 0 ? CAA_GPA : SMP_CAA_GPA(i - 1),
			.area = HAMMER_NONE,
		};
	}
	for (unsigned int i = 1; i < HAMMER_WORKERS; i++) {
		smp_begin(smp_cpu(i - 1), job_work);
	}
	hammer_run(&workers[0], 0, STEPS, raced);
	for (unsigned int i = 1; i < HAMMER_WORKERS; i++) {
		check_true("a worker ends", wait_for(smp_cpu(i - 1)));
	}
	print_counts();
	for (unsigned int i = 0; i < HAMMER_WORKERS; i++) {
		check_worker(&workers[i]);
	}
	compare();
	walk_all();
}

static bool start_all(void)
{
	const uint32_t sleeper = HAMMER_WORKERS - 1;
	bool good = smp_find() >= HAMMER_WORKERS;

	for (uint32_t i = 0; i < HAMMER_WORKERS && good; i++) {
		smp_accept(smp_cpu(i));
		good = smp_start(smp_cpu(i));
	}
	if (good) {
		smp_begin(smp_cpu(sleeper), job_sleep);
		hammer_prepare(smp_cpu(sleeper)->apic_id, SMP_VMSA_GPA(sleeper),
			       SMP_CAA_GPA(sleeper));
	}
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		good = good && ghcb_page_state(hammer_gpa(page), false, true);
	}
	return good;
}

void guest_main(void)
{
	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	check_subject("");
	if (start_all()) {
		round("hammer, counted: ", false);
		round("hammer, with lists that change: ", true);
	} else {
		check_true("five CPUs and their pages", false);
	}
	ghcb_terminate(check_end() ? 0 : REASON_FAILED);
}
