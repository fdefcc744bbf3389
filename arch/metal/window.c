/* The windows' page tables are made once; opening one is a store and an INVLPG on the own CPU. */
#include "metal/window.h"

#include "arch/cpu.h"
#include "arch/guest.h"
#include "arch/rmp.h"
#include "metal/access.h"
#include "metal/insn.h"
#include "metal/percpu.h"
#include "metal/tables.h"
#include "panic.h"
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

static uint64_t slot_of(enum window window)
{
	return percpu_this()->index * WINDOW_STRIDE + 2 * (uint64_t)window;
}

static void *set_4k(enum window window, uint64_t entry)
{
	uint64_t slot = slot_of(window);
	void *at = (void *)(uintptr_t)(WINDOW_4K_VA + slot * PAGE_SIZE);

	entries_4k[slot / PT_ENTRIES][slot % PT_ENTRIES] = entry;
	insn_invlpg(at);
	return at;
}

static void *set_2m(uint64_t entry)
{
	uint64_t cpu = percpu_this()->index;
	void *at = (void *)(uintptr_t)(WINDOW_2M_VA + cpu * PAGE_2M_SIZE);

	entries_2m[cpu] = entry;
	insn_invlpg(at);
	return at;
}

void *window_open(enum window window, gpa_t page)
{
	return set_4k(window, tables_private(page.value) | WINDOW_BITS);
}

void window_close(enum window window)
{
	set_4k(window, 0);
}

void *window_open_2m(gpa_t page)
{
	return set_2m(tables_private(page.value) | WINDOW_BITS | PTE_LARGE);
}

void window_close_2m(void)
{
	set_2m(0);
}
