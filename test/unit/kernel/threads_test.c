/*
 * Two CPUs at once on the same few pages: validate, invalidate, read, write, make and unmake vCPUs,
 * deposit and withdraw. Whoever wins, at the end RMP and page states agree, none has what is the
 * SVSM's, and every page can be put in order again. Build with -Db_sanitize=thread to see races.
 */
#include <pthread.h>

#include "mm/deposit.h"
#include "mm/guestmem.h"
#include "mm/page.h"
#include "snp/vmsa.h"
#include "vcpu/registry.h"
#include "vcpu/vcpu.h"
#include "world.h"
#include "x86/msr.h"

#define CPUS   2u /* tickets are fair: more than the machine has would wait for one another */
#define PAGES  16u
#define ROUNDS 5000u

static const struct world two_cpus = { .cpus = CPUS, .guest_vmpl = 2 };

/* Two areas of 2 MiB, so that two locks are in play. */
static uint64_t page_at(uint32_t n)
{
	return UINT64_C(0x200000) + n % 2 * UINT64_C(0x400000) + n % PAGES * PAGE_SIZE;
}

/* A generator of its own for each CPU: the same steps in each run, in another interleaving. */
static uint32_t next(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void step(uint32_t *state)
{
	const uint64_t page = page_at(next(state));
	const uint64_t other = page_at(next(state));
	const struct vmsa vmsa = { .vmpl = 2, .efer = EFER_SVME, .sev_features = FAKE_FEATURES };
	struct page_change change = { .page = gpa(page), .validate = true };
	unsigned int status;
	uint64_t value = 0;
	gpa_t back;

	switch (next(state) % 8) {
	case 0:
	case 1:
		(void)!page_perform(&change, 2, &status);
		break;
	case 2:
		change.validate = false;
		(void)!page_perform(&change, 2, &status);
		break;
	case 3:
		(void)!guestmem_read(gpa(page), &value, sizeof(value), 2);
		break;
	case 4:
		(void)!guestmem_write(gpa(page), &vmsa, sizeof(vmsa), 2);
		(void)!vcpu_create(2, gpa(page), gpa(other), WORLD_APIC_ID(0));
		break;
	case 5:
		(void)!vcpu_delete(2, gpa(page));
		break;
	case 6:
		(void)!deposit_add(gpa(page), RMP_4K, 2, &status);
		break;
	default:
		(void)!deposit_withdraw(2, &back);
		break;
	}
}

static void *run(void *argument)
{
	uint32_t state = *(const uint32_t *)argument;

	fake_set_cpu(state);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		step(&state);
	}
	return NULL;
}

static void check_page(uint64_t page)
{
	enum page_state state = world_state(page);

	CHECK_EQ(fake_is_vmsa(page), state == PAGE_VMSA);
	CHECK_EQ(fake_is_validated(page), state != PAGE_FREE);
	CHECK_EQ(fake_may(page, 2, VMPL_WRITE), state == PAGE_GUEST || state == PAGE_CAA);
	CHECK(!fake_may(page, 3, VMPL_READ));
}

/* All goes back by ordinary calls: nothing is stuck, lost or owned twice. */
static void put_in_order(void)
{
	unsigned int status;
	gpa_t back;

	for (uint32_t n = 0; n < 2 * PAGES; n++) {
		(void)!vcpu_delete(2, gpa(page_at(n)));
	}
	while (deposit_withdraw(2, &back) == ERR_OK) {
	}
	for (uint32_t n = 0; n < PAGES; n++) {
		const struct page_change change = { .page = gpa(page_at(n)),
						    .ignore_unchanged = true };

		CHECK_EQ(page_perform(&change, 2, &status), ERR_OK);
		CHECK_EQ(world_state(page_at(n)), PAGE_FREE);
	}
	CHECK_EQ(fake_deposits.mapped, 0);
}

WORLD_TEST(all_at_once)
{
	static uint32_t seeds[CPUS] = { 0, 1 };
	pthread_t threads[CPUS];

	world_vcpus(&two_cpus);
	for (unsigned int i = 0; i < CPUS; i++) {
		CHECK_EQ(pthread_create(&threads[i], NULL, run, &seeds[i]), 0);
	}
	for (unsigned int i = 0; i < CPUS; i++) {
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	}
	for (uint32_t n = 0; n < PAGES; n++) {
		check_page(page_at(n));
	}
	put_in_order();
}

UNIT_MAIN(CASE(all_at_once))
