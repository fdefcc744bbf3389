/*
 * A random walk against a model: eight pages that are free, the guest's, a VMSA, a calling area or
 * a deposit, and calls that move them from one to the other or must be refused. After each step the
 * SVSM's answer has to be the model's, and what the guest has written has to be there still. The
 * seed is fixed: a failure comes back.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "ghcb.h"
#include "layout.h"
#include "smp.h"
#include "svsm.h"
#include "vmsa.h"

#define CORE(call) SVSM_CALL(SVSM_PROTOCOL_CORE, (call))

#define STEPS	  4000
#define PAGES	  8
#define VMSAS_MAX 2
#define SEED	  UINT64_C(0x9e3779b97f4a7c15)
#define NONE	  PAGES /* no page of these */

enum state {
	FREE, /* not validated */
	OURS, /* validated, holds its pattern */
	VMSA, /* of a vCPU that never runs */
	OTHER_CAA, /* its calling area */
	OWN_CAA, /* ours */
	DEPOSITED, /* the SVSM's until it gives it back */
};

static struct {
	enum state state;
	unsigned int area; /* of a VMSA: its calling area's page, or NONE: another took it */
	uint64_t pattern; /* what the guest wrote at its end; 0 after validation */
} model[PAGES];

static unsigned int vmsa_count;
static uint32_t own_apic_id;
static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static uint64_t gpa_of(unsigned int page)
{
	return RAM_4K + 0xa1000 + page * PAGE_SIZE;
}

static volatile uint64_t *last_word(unsigned int page)
{
	return (volatile uint64_t *)(gpa_of(page) + PAGE_SIZE - sizeof(uint64_t));
}

static uint32_t call_core(uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct client_call c = {.rax = CORE(call), .rcx = rcx, .rdx = rdx, .r8 = r8};

	return (uint32_t)svsm_call(&c);
}

static uint32_t expect_change(unsigned int page, bool validate, bool anyway)
{
	enum state from = model[page].state;

	if (from != FREE && from != OURS) {
		return SVSM_ERR_INVALID_ADDRESS;
	}
	if ((from == OURS) == validate) {
		return anyway ? SVSM_SUCCESS : SVSM_ERR_CORE_NO_CHANGE;
	}
	model[page].state = validate ? OURS : FREE;
	model[page].pattern = 0;
	return SVSM_SUCCESS;
}

static bool step_change(unsigned int page, uint64_t choice)
{
	bool validate = (choice & 1) != 0;
	bool anyway = (choice & 6) == 0;
	uint32_t want = expect_change(page, validate, anyway);
	uint64_t entry = gpa_of(page) | (validate ? SVSM_PVALIDATE_VALIDATE : 0) |
			 (anyway ? SVSM_PVALIDATE_IGNORE_CF : 0);

	return svsm_pvalidate(entry) == want;
}

static unsigned int own_area(void)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		if (model[i].state == OWN_CAA) {
			return i;
		}
	}
	return NONE;
}

/* Page NONE is the calling area that the guest was started with. */
static bool step_remap(unsigned int page)
{
	unsigned int old = own_area();
	bool is_good = page == NONE || model[page].state == OURS || model[page].state == OWN_CAA;
	uint32_t want = is_good ? SVSM_SUCCESS : SVSM_ERR_INVALID_ADDRESS;

	if (is_good && old != NONE) {
		model[old].state = OURS;
	}
	if (is_good && page != NONE) {
		model[page].state = OWN_CAA;
	}
	return svsm_remap(page == NONE ? CAA_GPA : gpa_of(page)) == want;
}

/* All VMSAs are of one CPU: a new one takes over the calling area of an older one. */
static void take_area(unsigned int page, unsigned int area)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		if (model[i].state == VMSA && model[i].area == area) {
			model[i].area = NONE;
		}
	}
	model[page].area = area;
	model[area].state = OTHER_CAA;
}

static bool step_create(unsigned int page, unsigned int area)
{
	uint32_t want = SVSM_ERR_INVALID_ADDRESS;

	if (vmsa_count == VMSAS_MAX) {
		return true;
	}
	if (model[page].state == OURS) {
		vmsa_fill((struct vmsa *)gpa_of(page));
		model[page].pattern = 0;
		if ((model[area].state == OURS && page != area) || model[area].state == OTHER_CAA) {
			want = SVSM_SUCCESS;
			take_area(page, area);
			model[page].state = VMSA;
			vmsa_count++;
		}
	}
	return call_core(SVSM_CORE_CREATE_VCPU, gpa_of(page), gpa_of(area), own_apic_id) == want;
}

static bool step_delete(unsigned int page)
{
	uint32_t want = SVSM_ERR_INVALID_PARAMETER;

	if (model[page].state == VMSA) {
		want = SVSM_SUCCESS;
		model[page].state = OURS;
		if (model[page].area != NONE) {
			model[model[page].area].state = OURS;
		}
		vmsa_count--;
	}
	return call_core(SVSM_CORE_DELETE_VCPU, gpa_of(page), 0, 0) == want;
}

/* A list in that page: of count 0 where the guest can write one. */
static bool step_list(unsigned int page)
{
	enum state state = model[page].state;
	uint32_t want = SVSM_ERR_INVALID_ADDRESS;
	uint64_t gpa = gpa_of(page) + 0x800;

	if (state == OURS || state == OWN_CAA || state == OTHER_CAA) {
		*(volatile uint64_t *)gpa = 0;
		want = SVSM_ERR_INVALID_PARAMETER;
	}
	return call_core(SVSM_CORE_PVALIDATE, gpa, 0, 0) == want;
}

/* The walk's own: no list of it may lie in a page that changes hands. */
static uint64_t list[PAGE_SIZE / sizeof(uint64_t)] ALIGNED(4096);

static bool step_deposit(unsigned int page)
{
	uint32_t want = model[page].state == OURS ? SVSM_SUCCESS : SVSM_ERR_INVALID_ADDRESS;

	list[0] = 1; /* count */
	list[1] = gpa_of(page);
	if (want == SVSM_SUCCESS) {
		model[page].state = DEPOSITED;
	}
	return call_core(SVSM_CORE_DEPOSIT_MEM, (uintptr_t)list, 0, 0) == want;
}

/* What comes back was deposited, and comes back zeroed. What the SVSM has used does not. */
static bool step_withdraw(void)
{
	uint64_t count;

	list[0] = UINT64_MAX;
	if (call_core(SVSM_CORE_WITHDRAW_MEM, (uintptr_t)list, 0, 0) != SVSM_SUCCESS) {
		return false;
	}
	count = list[0];
	for (uint64_t i = 0; i < count && count <= PAGES; i++) {
		uint64_t page = (list[1 + i] - gpa_of(0)) / PAGE_SIZE;

		if (page >= PAGES || model[page].state != DEPOSITED) {
			return false;
		}
		model[page].state = OURS;
		model[page].pattern = 0;
	}
	return count <= PAGES;
}

static bool step(uint64_t choice)
{
	unsigned int page = (unsigned int)(choice >> 8) % PAGES;
	unsigned int second = (unsigned int)(choice >> 16) % PAGES;

	switch ((choice >> 24) % 8) {
	case 0:
		return step_remap((choice >> 32) % 4 == 0 ? NONE : page);
	case 1:
		return step_create(page, second);
	case 2:
		return step_delete(page);
	case 3:
		return step_list(page);
	case 4:
		return (choice >> 32) % 2 == 0 ? step_withdraw() : step_deposit(page);
	default:
		return step_change(page, choice);
	}
}

/* What the guest holds is what it wrote; then it writes something else into one page. */
static bool memory_is_good(uint64_t choice)
{
	unsigned int page = (unsigned int)(choice >> 40) % PAGES;

	for (unsigned int i = 0; i < PAGES; i++) {
		if (model[i].state == OURS && *last_word(i) != model[i].pattern) {
			return false;
		}
	}
	if (model[page].state == OURS) {
		model[page].pattern = choice;
		*last_word(page) = choice;
	}
	return true;
}

/* All back to what they were, for the cases that follow. */
static bool clean_up(void)
{
	bool good = step_remap(NONE) && step_withdraw();

	for (unsigned int i = 0; i < PAGES; i++) {
		good = good && (model[i].state != VMSA || step_delete(i));
	}
	for (unsigned int i = 0; i < PAGES; i++) {
		good = good && (model[i].state != OURS || step_change(i, 0));
	}
	return good;
}

void cases_random(void)
{
	uint64_t failed_step = STEPS;

	random_state = SEED + svsm_vmpl();
	own_apic_id = smp_own_apic_id();
	check_subject("random walk: ");
	for (unsigned int i = 0; i < PAGES; i++) {
		(void)ghcb_page_state(gpa_of(i), false, true);
	}
	for (uint64_t i = 0; i < STEPS && failed_step == STEPS; i++) {
		uint64_t choice = random_next();

		if (!step(choice) || !memory_is_good(choice)) {
			failed_step = i;
		}
	}
	check_equal("each answer is the model's", failed_step, STEPS);
	if (failed_step == STEPS) {
		check_true("the way back", clean_up());
	}
}
