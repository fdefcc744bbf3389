/* The windows' page tables are made once, for every CPU there can be. */
#include "metal/window.h"

#include "arch/cpu.h"
#include "metal/tables.h"
#include "x86/paging.h"

/* In the kernel's top-level entry, apart from KERNEL_VA. */
#define WINDOW_4K_VA  UINT64_C(0xffffffffc0000000)
#define WINDOW_2M_VA  UINT64_C(0xffffffffe0000000)
#define WINDOW_STRIDE 8 /* pages between CPUs' 4 KiB windows; a free page guards each */
#define WINDOW_BITS   (PTE_PRESENT | PTE_WRITE | PTE_NX | PTE_ACCESSED | PTE_DIRTY)

/* Entries of all CPUs' windows, by CPU: pages of page table, and one page directory. */
static uint64_t *entries_4k[CPU_MAX * WINDOW_STRIDE / PT_ENTRIES];
static uint64_t *entries_2m;

enum err window_init(void)
{
	for (unsigned int i = 0; i < sizeof(entries_4k) / sizeof(entries_4k[0]); i++) {
		entries_4k[i] = tables_entry(tables_kernel_root(), WINDOW_4K_VA + i * PAGE_2M_SIZE,
					     0, false);
		if (entries_4k[i] == NULL) {
			return ERR_NOMEM;
		}
	}
	entries_2m = tables_entry(tables_kernel_root(), WINDOW_2M_VA, 1, false);
	return entries_2m != NULL ? ERR_OK : ERR_NOMEM;
}

static struct window_slot slot_4k(const struct percpu *cpu, enum window window)
{
	uint64_t slot = cpu->index * WINDOW_STRIDE + 2 * (uint64_t)window;

	return (struct window_slot){
		.entry = &entries_4k[slot / PT_ENTRIES][slot % PT_ENTRIES],
		.at = (void *)(uintptr_t)(WINDOW_4K_VA + slot * PAGE_SIZE),
		.bits = tables_private(WINDOW_BITS),
	};
}

void window_assign(struct percpu *cpu)
{
	cpu->windows[WINDOW_COPY] = slot_4k(cpu, WINDOW_COPY);
	cpu->windows[WINDOW_VMSA] = slot_4k(cpu, WINDOW_VMSA);
	cpu->windows[WINDOW_2M] = (struct window_slot){
		.entry = &entries_2m[cpu->index],
		.at = (void *)(uintptr_t)(WINDOW_2M_VA + cpu->index * PAGE_2M_SIZE),
		.bits = tables_private(WINDOW_BITS | PTE_LARGE),
	};
}
