/* Deposited pages are already in this process: a slot maps by finding the page. */
#include "arch/deposit.h"

#include "fake/fake.h"

struct fake_deposits fake_deposits = { .room = DEPOSIT_SLOTS };

bool arch_deposit_prepare(uint32_t count)
{
	return count <= fake_deposits.room;
}

void *arch_deposit_map(uint32_t slot, gpa_t page)
{
	__atomic_add_fetch(&fake_deposits.mapped, 1, __ATOMIC_RELAXED);
	fake_deposits.last = slot;
	return slot < fake_deposits.room ? fake_at(page.value) : NULL;
}

void arch_deposit_unmap(uint32_t slot)
{
	(void)slot;
	__atomic_sub_fetch(&fake_deposits.mapped, 1, __ATOMIC_RELAXED);
}
