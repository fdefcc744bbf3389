/* Tables come from one pool; a free page's first word links to the next. Not locked: one vCPU. */
#include "npt.h"

#include <stddef.h>

#include "base/mem.h"
#include "memory.h"
#include "smp.h"
#include "stats.h"
#include "vcpu.h"
#include "x86.h"
#include "x86/paging.h"
#include "x86/regs.h"

/* Nested accesses count as user accesses. */
#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)
#define LEAF_FLAGS  (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

#define MAX_LEVELS 5

static uint64_t free_pages;
static unsigned int top_level; /* of the root: 4 or 3 */

static uint64_t *table(uint64_t entry)
{
	return memory_ptr(entry & PTE_ADDRESS);
}

static void page_free(uint64_t pa)
{
	*table(pa) = free_pages;
	free_pages = pa;
}

void npt_init(uint32_t pages)
{
	uint64_t pool = memory_alloc(pages * PAGE_SIZE, PAGE_SIZE);

	top_level = (read_cr4() & CR4_LA57) != 0 ? 4 : 3;
	for (uint32_t i = 0; i < pages; i++) {
		page_free(pool + i * PAGE_SIZE);
	}
}

uint64_t npt_new_root(void)
{
	return memory_alloc(PAGE_SIZE, PAGE_SIZE);
}

void npt_flush(uint64_t root)
{
	uint64_t tables[MAX_LEVELS] = {0};
	unsigned int at[MAX_LEVELS] = {0};
	unsigned int level = top_level;
	uint64_t *entry;

	tables[level] = root;
	for (;;) {
		if (at[level] == PT_ENTRIES) {
			if (level == top_level) {
				return;
			}
			page_free(tables[level]);
			level++;
			continue;
		}
		entry = &table(tables[level])[at[level]++];
		if ((*entry & PTE_PRESENT) != 0 && level > 0 && (*entry & PTE_LARGE) == 0) {
			tables[level - 1] = *entry & PTE_ADDRESS;
			if (level == 1) {
				page_free(tables[0]);
			} else {
				level--;
				at[level] = 0;
			}
		}
		*entry = 0;
	}
}

static void flush_all(void)
{
	smp_stop_others(smp_holder());
	for (unsigned int i = 0; i < vcpu_count(); i++) {
		for (unsigned int v = 0; v < VMPL_COUNT; v++) {
			npt_flush(vcpu_at(i)->contexts[v].nested_root);
		}
	}
	stats.npt_overflows++;
}

/* A zeroed page, or 0 when the pool is empty. */
static uint64_t page_take(void)
{
	uint64_t pa = free_pages;

	if (pa != 0) {
		free_pages = *table(pa);
		memset(memory_ptr(pa), 0, PAGE_SIZE);
	}
	return pa;
}

/* The entry that is to map an address at a level; NULL when the pool is empty. */
static uint64_t *entry_make(uint64_t root, uint64_t address, unsigned int leaf_level)
{
	uint64_t *t = table(root);
	uint64_t *entry;
	uint64_t page;

	for (unsigned int level = top_level; level > leaf_level; level--) {
		entry = &t[pt_index(address, level)];
		if ((*entry & PTE_PRESENT) == 0 || (*entry & PTE_LARGE) != 0) {
			page = page_take();
			if (page == 0) {
				return NULL;
			}
			*entry = page | TABLE_FLAGS;
		}
		t = table(*entry);
	}
	return &t[pt_index(address, leaf_level)];
}

void npt_map(uint64_t root, uint64_t address, uint64_t spa, enum rmp_page_size size,
	     unsigned int rights)
{
	unsigned int level = size == RMP_2M ? 1 : 0;
	uint64_t *entry = entry_make(root, address, level);

	if (entry == NULL) {
		flush_all();
		entry = entry_make(root, address, level);
	}
	if (level == 1 && (*entry & PTE_PRESENT) != 0 && (*entry & PTE_LARGE) == 0) {
		page_free(*entry & PTE_ADDRESS);
	}
	*entry = spa | LEAF_FLAGS | (level == 1 ? PTE_LARGE : 0) |
		 ((rights & NPT_WRITE) != 0 ? PTE_WRITE : 0) |
		 ((rights & NPT_EXEC) != 0 ? 0 : PTE_NX);
}

/* The leaf entry of an address and its level, or NULL. */
static uint64_t *leaf_find(uint64_t root, uint64_t address, unsigned int *level)
{
	uint64_t *t = table(root);
	uint64_t *entry;

	for (*level = top_level;; (*level)--) {
		entry = &t[pt_index(address, *level)];
		if ((*entry & PTE_PRESENT) == 0) {
			return NULL;
		}
		if (*level == 0 || (*entry & PTE_LARGE) != 0) {
			return entry;
		}
		t = table(*entry);
	}
}

uint64_t npt_leaf(uint64_t root, uint64_t address)
{
	unsigned int level;
	const uint64_t *entry = leaf_find(root, address, &level);

	return entry != NULL ? *entry : 0;
}

bool npt_has(uint64_t root, uint64_t address, uint64_t bytes)
{
	uint64_t at = align_down(address, PAGE_SIZE);
	unsigned int level;

	while (at < address + bytes) {
		if (leaf_find(root, at, &level) != NULL) {
			return true;
		}
		at = level >= 1 ? align_down(at, PAGE_2M_SIZE) + PAGE_2M_SIZE : at + PAGE_SIZE;
	}
	return false;
}

void npt_unmap(uint64_t root, uint64_t address, uint64_t bytes)
{
	uint64_t at = align_down(address, PAGE_SIZE);
	unsigned int level;
	uint64_t *entry;

	while (at < address + bytes) {
		entry = leaf_find(root, at, &level);
		if (entry != NULL) {
			*entry = 0;
		}
		/* Without a PD entry there is nothing in its 2 MiB. */
		if (level >= 1) {
			at = align_down(at, PAGE_2M_SIZE) + PAGE_2M_SIZE;
		} else {
			at += PAGE_SIZE;
		}
	}
}
