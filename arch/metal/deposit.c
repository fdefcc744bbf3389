/* Deposited pages have a range of kernel addresses of their own, mapped privately, never
 * executable. */
#include "arch/deposit.h"

#include "metal/insn.h"
#include "metal/tables.h"
#include "x86/paging.h"

#define DEPOSIT_VA UINT64_C(0xffffff8000000000)

static uint64_t slot_va(uint32_t slot)
{
	return DEPOSIT_VA + slot * PAGE_SIZE;
}

bool arch_deposit_prepare(uint32_t count)
{
	static uint32_t prepared; /* under the caller's lock */

	while (prepared < count) {
		if (tables_entry(tables_kernel_root(), slot_va(prepared), 0, false) == NULL) {
			return false;
		}
		prepared += PT_ENTRIES;
	}
	return true;
}

void *arch_deposit_map(uint32_t slot, gpa_t page)
{
	uint64_t *entry = tables_find(tables_kernel_root(), slot_va(slot));

	if (entry == NULL) {
		return NULL;
	}
	*entry = tables_private(page.value) | PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_ACCESSED |
		 PTE_DIRTY;
	return (void *)(uintptr_t)slot_va(slot);
}

void arch_deposit_unmap(uint32_t slot)
{
	void *at = (void *)(uintptr_t)slot_va(slot);

	*tables_find(tables_kernel_root(), slot_va(slot)) = 0;
	insn_invlpg(at);
}
