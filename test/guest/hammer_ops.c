/*
 * What a worker does. The SVSM has to get along with any order of these calls. The guest has to be
 * careful with one thing alone: it must not write to a page that may be taken from it just then. So
 * each page has a count of calls under way that may do that, and who writes keeps it at -1.
 *
 * Not counted (`raced`): lists that others write to meanwhile, in pages of the guest's and in the
 * very pages that are fought for. Nobody knows then which of their entries were done. They leave
 * out the first word of a page: WITHDRAW_MEM would write over the pending byte of a calling area.
 */
#include "hammer.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "cpu.h"
#include "smp.h"
#include "snp/ghcb_msr.h"
#include "vmsa.h"

#define ENTRIES	    3
#define RACED_LISTS 4
#define LAST_WORD   (PAGE_SIZE - sizeof(uint64_t))
#define SEED	    UINT64_C(0x9e3779b97f4a7c15)
#define WORDS	    (PAGE_SIZE / sizeof(uint64_t))

#define CORE(call) HAMMER_CORE(call)

static int32_t under_way[HAMMER_PAGES];
static uint64_t lists[HAMMER_WORKERS][WORDS] ALIGNED(4096);
static uint64_t raced_lists[RACED_LISTS][WORDS] ALIGNED(4096);
static struct vmsa pattern_vmsa ALIGNED(4096);

static uint32_t own_apic_id;
static uint32_t victim_apic_id;
static uint64_t victim_vmsa;
static uint64_t victim_caa;

void hammer_prepare(uint32_t apic_id, uint64_t vmsa, uint64_t caa)
{
	own_apic_id = smp_own_apic_id();
	victim_apic_id = apic_id;
	victim_vmsa = vmsa;
	victim_caa = caa;
	vmsa_fill(&pattern_vmsa);
	((uint64_t *)&pattern_vmsa)[WORDS - 1] = SEED;
}

static uint64_t next(struct hammer_worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static bool hold(unsigned int page)
{
	int32_t old = __atomic_load_n(&under_way[page], __ATOMIC_SEQ_CST);

	return old >= 0 && __atomic_compare_exchange_n(&under_way[page], &old, old + 1, false,
						       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void release(unsigned int page)
{
	__atomic_fetch_sub(&under_way[page], 1, __ATOMIC_SEQ_CST);
}

static bool hold_alone(unsigned int page)
{
	int32_t none = 0;

	return __atomic_compare_exchange_n(&under_way[page], &none, -1, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static void release_alone(unsigned int page)
{
	__atomic_store_n(&under_way[page], 0, __ATOMIC_SEQ_CST);
}

static void odd(struct hammer_worker *w, uint64_t call, uint64_t answer)
{
	if (!w->is_odd) {
		w->is_odd = true;
		w->odd_call = call;
		w->odd_answer = answer;
	}
}

/* One call; yields its result, which has to be SUCCESS or one of the two others. */
static uint32_t call(struct hammer_worker *w, enum hammer_kind kind, struct client_call c,
		     uint32_t other, uint32_t another)
{
	uint64_t asked = c.rax;

	if (client_call(&w->client, &c) != ERR_OK) {
		odd(w, asked, UINT64_MAX);
		return SVSM_ERR_BUSY;
	}
	w->agreed[kind] += c.rax == SVSM_SUCCESS ? 1 : 0;
	w->refused[kind] += c.rax != SVSM_SUCCESS ? 1 : 0;
	if (c.rax != SVSM_SUCCESS && c.rax != other && c.rax != another) {
		odd(w, asked, c.rax);
	}
	return (uint32_t)c.rax;
}

/* A list of one to three changes; what was done is known from its `next`. */
static uint32_t change(struct hammer_worker *w, uint64_t *list, enum hammer_kind kind,
		       const unsigned int *pages, unsigned int count)
{
	struct client_call c = {.rax = CORE(SVSM_CORE_PVALIDATE), .rcx = (uintptr_t)list};
	bool validate = kind == HAMMER_VALIDATE;
	uint64_t done;
	uint32_t result;

	list[0] = count;
	for (unsigned int i = 0; i < count; i++) {
		list[1 + i] = hammer_gpa(pages[i]) | (validate ? SVSM_PVALIDATE_VALIDATE : 0);
	}
	result = call(w, kind, c, SVSM_ERR_CORE_NO_CHANGE, SVSM_ERR_INVALID_ADDRESS);
	done = bits_get(list[0], 31, 16);
	if ((result == SVSM_SUCCESS) != (done == count) || done > count) {
		odd(w, c.rax, list[0]);
		return result;
	}
	for (unsigned int i = 0; i < done; i++) {
		w->valid[pages[i]] += validate ? 1 : -1;
	}
	return result;
}

static void step_change(struct hammer_worker *w, uint64_t *list, uint64_t choice)
{
	bool validate = (choice & 1) != 0;
	unsigned int count = 1 + (unsigned int)(choice >> 40) % ENTRIES;
	unsigned int pages[ENTRIES];
	unsigned int held = 0;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		pages[i] = (unsigned int)(choice >> (8 + 8 * i)) % HAMMER_PAGES;
	}
	while (!validate && held < count && hold(pages[held])) {
		held++;
	}
	if (validate || held == count) {
		(void)change(w, list, validate ? HAMMER_VALIDATE : HAMMER_INVALIDATE, pages, count);
	}
	while (held > 0) {
		release(pages[--held]);
	}
}

/* Fresh memory is zeros; then a VMSA to be goes there. */
static void step_fill(struct hammer_worker *w, uint64_t *list, unsigned int page)
{
	volatile uint64_t *words = (volatile uint64_t *)hammer_gpa(page);
	uint32_t result;

	if (!hold_alone(page)) {
		return;
	}
	result = change(w, list, HAMMER_VALIDATE, &page, 1);
	if (result == SVSM_SUCCESS && words[WORDS - 1] != 0) {
		odd(w, CORE(SVSM_CORE_PVALIDATE), words[WORDS - 1]);
	}
	if (result == SVSM_SUCCESS || result == SVSM_ERR_CORE_NO_CHANGE) {
		memcpy((void *)(uintptr_t)hammer_gpa(page), &pattern_vmsa, PAGE_SIZE);
		w->agreed[HAMMER_FILL]++;
	}
	release_alone(page);
}

static void step_create(struct hammer_worker *w, unsigned int page, uint64_t choice)
{
	struct client_call c = {
		.rax = CORE(SVSM_CORE_CREATE_VCPU),
		.rcx = hammer_gpa(page),
		.rdx = hammer_gpa((unsigned int)(choice >> 16) % HAMMER_PAGES),
		.r8 = (choice & 2) != 0 ? victim_apic_id : own_apic_id,
	};

	if (hold(page)) {
		if (call(w, HAMMER_CREATE, c, SVSM_ERR_INVALID_ADDRESS,
			 SVSM_ERR_INVALID_PARAMETER) == SVSM_SUCCESS) {
			w->vmsa[page]++;
		}
		release(page);
	}
}

static void step_delete(struct hammer_worker *w, unsigned int page)
{
	struct client_call c = {.rax = CORE(SVSM_CORE_DELETE_VCPU), .rcx = hammer_gpa(page)};

	if (call(w, HAMMER_DELETE, c, SVSM_ERR_INVALID_PARAMETER, SVSM_ERR_CORE_FAIL_INUSE) ==
	    SVSM_SUCCESS) {
		w->vmsa[page]--;
	}
}

static void step_deposit(struct hammer_worker *w, uint64_t *list, unsigned int page)
{
	struct client_call c = {.rax = CORE(SVSM_CORE_DEPOSIT_MEM), .rcx = (uintptr_t)list};

	list[0] = 1;
	list[1] = hammer_gpa(page);
	if (hold(page)) {
		if (call(w, HAMMER_DEPOSIT, c, SVSM_ERR_INVALID_ADDRESS, SVSM_SUCCESS) ==
		    SVSM_SUCCESS) {
			w->given[page]++;
		}
		release(page);
	}
}

static void step_withdraw(struct hammer_worker *w, const uint64_t *list, bool raced)
{
	struct client_call c = {.rax = CORE(SVSM_CORE_WITHDRAW_MEM), .rcx = (uintptr_t)list};

	if (call(w, HAMMER_WITHDRAW, c, SVSM_SUCCESS, SVSM_SUCCESS) != SVSM_SUCCESS) {
		return;
	}
	for (uint64_t i = 0; i < list[0] && i < WORDS - 1; i++) {
		uint64_t page = (list[1 + i] - hammer_gpa(0)) / PAGE_SIZE;

		if (page < HAMMER_PAGES) {
			w->given[page]--;
		} else if (!raced) {
			odd(w, c.rax, list[1 + i]);
		}
	}
}

static volatile uint64_t *area_end(const struct hammer_worker *w)
{
	return (volatile uint64_t *)(hammer_gpa(w->area) + LAST_WORD);
}

/*
 * REMAP_CA back home. The client would look at the pending byte of the area that is left; but that
 * page is everybody's again. That it was done is shown by a call that is made from home.
 */
static void leave_area(struct hammer_worker *w)
{
	struct client_call c = {.rax = CORE(SVSM_CORE_REMAP_CA), .rcx = w->home_gpa};
	uint64_t msr = cpu_rdmsr(MSR_GHCB);
	uint64_t versions = 0;

	if (*area_end(w) != w->pattern) {
		odd(w, c.rax, *area_end(w));
	}
	WRITE_ONCE(w->client.caa->call_pending, 1);
	cpu_wrmsr(MSR_GHCB, GHCB_MSR_RUN_VMPL_REQ);
	w->client.ops->vmgexit(w->client.context, &c);
	cpu_wrmsr(MSR_GHCB, msr);
	if (c.rax != SVSM_SUCCESS) {
		odd(w, CORE(SVSM_CORE_REMAP_CA), c.rax);
	}
	w->client.caa = (struct svsm_caa *)(uintptr_t)w->home_gpa;
	w->area = HAMMER_NONE;
	if (client_query_protocol(&w->client, 0, SVSM_CORE_VERSION, &versions) != ERR_OK) {
		odd(w, CORE(SVSM_CORE_REMAP_CA), UINT64_MAX);
	}
}

static void step_remap(struct hammer_worker *w, unsigned int page, uint64_t choice)
{
	struct client_call c = {.rax = CORE(SVSM_CORE_REMAP_CA), .rcx = hammer_gpa(page)};

	if (w->area != HAMMER_NONE) {
		leave_area(w);
		return;
	}
	if (!hold(page)) {
		return;
	}
	if (call(w, HAMMER_REMAP, c, SVSM_ERR_INVALID_ADDRESS, SVSM_SUCCESS) == SVSM_SUCCESS) {
		w->client.caa = (struct svsm_caa *)(uintptr_t)hammer_gpa(page);
		w->area = page;
		w->pattern = choice;
		*area_end(w) = choice;
	}
	release(page);
}

/* The sleeping CPU's pages, at which nothing may succeed. */
static void step_victim(struct hammer_worker *w, uint64_t *list, uint64_t choice)
{
	struct client_call destroy = {.rax = CORE(SVSM_CORE_DELETE_VCPU), .rcx = victim_vmsa};
	struct client_call drop = {.rax = CORE(SVSM_CORE_PVALIDATE), .rcx = (uintptr_t)list};
	bool deletes = (choice & 1) != 0;

	list[0] = 1;
	list[1] = (choice & 2) != 0 ? victim_vmsa : victim_caa;
	if (call(w, HAMMER_VICTIM, deletes ? destroy : drop, SVSM_ERR_CORE_FAIL_INUSE,
		 SVSM_ERR_INVALID_ADDRESS) == SVSM_SUCCESS) {
		odd(w, deletes ? destroy.rax : drop.rax, SVSM_SUCCESS);
	}
}

static uint64_t raced_entry(uint64_t choice)
{
	uint64_t page = hammer_gpa((unsigned int)(choice >> 8) % HAMMER_PAGES);
	uint64_t bits = (choice >> 16) & (SVSM_PVALIDATE_VALIDATE | SVSM_PVALIDATE_IGNORE_CF);

	switch ((choice >> 24) % 8) {
	case 0:
		return svsm_secrets()->svsm_base | bits;
	case 1:
		return victim_vmsa | bits;
	case 2:
		return align_down(page, PAGE_2M_SIZE) | SVSM_PVALIDATE_2M | bits;
	default:
		return page | bits;
	}
}

/* Writes into a list that others may be handing in. */
static void scribble(volatile uint64_t *list, uint64_t choice)
{
	static const uint64_t heads[] = {1, 2, 3, 3 | 1 << 16, 0xFFFF, 0, 8, 1 << 16};

	list[0] = heads[(choice >> 32) % ARRAY_SIZE(heads)];
	list[1 + (choice >> 40) % ENTRIES] = raced_entry(choice);
}

static bool hold_all(void)
{
	for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
		if (!hold(page)) {
			while (page > 0) {
				release(--page);
			}
			return false;
		}
	}
	return true;
}

static bool is_known(uint32_t result)
{
	return result == SVSM_SUCCESS || result == SVSM_ERR_INVALID_ADDRESS ||
	       result == SVSM_ERR_INVALID_PARAMETER || result == SVSM_ERR_INVALID_FORMAT ||
	       result == SVSM_ERR_CORE_NO_CHANGE || result == SVSM_ERR_CORE_SIZE_MISMATCH;
}

static void raced_call(struct hammer_worker *w, uint32_t id, uint64_t gpa)
{
	struct client_call c = {.rax = CORE(id), .rcx = gpa};

	if (client_call(&w->client, &c) != ERR_OK || !is_known((uint32_t)c.rax)) {
		odd(w, CORE(id), c.rax);
	}
	w->agreed[HAMMER_RACED] += c.rax == SVSM_SUCCESS ? 1 : 0;
	w->refused[HAMMER_RACED] += c.rax != SVSM_SUCCESS ? 1 : 0;
}

static void step_raced(struct hammer_worker *w, uint64_t choice)
{
	static const uint32_t ids[] = {SVSM_CORE_PVALIDATE, SVSM_CORE_PVALIDATE,
				       SVSM_CORE_DEPOSIT_MEM, SVSM_CORE_WITHDRAW_MEM};
	uint64_t *list = raced_lists[(choice >> 48) % RACED_LISTS];
	uint64_t gpa = (uintptr_t)list;

	scribble(list, choice);
	if ((choice >> 52) % 4 == 0) {
		gpa = hammer_gpa((unsigned int)(choice >> 54) % HAMMER_PAGES) +
		      ((choice & 0x800) | sizeof(struct svsm_list));
	}
	if (hold_all()) {
		raced_call(w, ids[choice % ARRAY_SIZE(ids)], gpa);
		for (unsigned int page = 0; page < HAMMER_PAGES; page++) {
			release(page);
		}
	}
}

static void step(struct hammer_worker *w, uint64_t *list, bool raced)
{
	uint64_t choice = next(w);
	unsigned int page = (unsigned int)(choice >> 4) % HAMMER_PAGES;

	if (raced && (choice >> 60) < 8) {
		step_raced(w, choice);
		return;
	}
	switch ((choice >> 56) % 16) {
	case 0:
	case 1:
		step_fill(w, list, page);
		if (raced) {
			/* By chance alone, hardly any would outlive the lists until then. */
			step_create(w, page, choice);
		}
		break;
	case 2:
	case 3:
	case 4:
		step_create(w, page, choice);
		break;
	case 5:
	case 6:
		step_delete(w, page);
		break;
	case 7:
		step_deposit(w, list, page);
		break;
	case 8:
		step_withdraw(w, list, raced);
		break;
	case 9:
	case 10:
		step_remap(w, page, choice);
		break;
	case 11:
		step_victim(w, list, choice);
		break;
	default:
		step_change(w, list, choice);
		break;
	}
}

void hammer_run(struct hammer_worker *w, unsigned int index, uint64_t count, bool raced)
{
	w->random = SEED * (index + 1) + (raced ? 1 : 0);
	for (uint64_t i = 0; i < count && !w->is_odd; i++) {
		step(w, lists[index], raced);
		WRITE_ONCE(w->done, w->done + 1);
	}
	if (w->area != HAMMER_NONE) {
		leave_area(w);
	}
}
