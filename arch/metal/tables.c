/*
 * Tables live in pool pages and are reached through the kernel's linear mapping of its region. Made
 * at boot; later only window entries and the tables of services change.
 */
#include "metal/tables.h"

#include "arch/boot.h"
#include "base/bits.h"
#include "metal/insn.h"
#include "metal/window.h"
#include "mm/pool.h"
#include "panic.h"
#include "x86/paging.h"
#include "x86/regs.h"

#define KERNEL_TOP_INDEX (PT_ENTRIES - 1) /* the kernel lives in the last top-level entry */

static uint64_t cbit; /* all set once at boot */
static uint64_t kernel_root;
static unsigned int levels;

void tables_set_cbit(unsigned int position)
{
	cbit = BIT(position);
}

uint64_t arch_address_limit(void)
{
	return cbit;
}

uint64_t tables_private(uint64_t address)
{
	return address | cbit;
}

static uint64_t *table_at(uint64_t entry)
{
	return pool_at(gpa(entry & PTE_ADDRESS & ~cbit));
}

static uint64_t new_table(void)
{
	void *page = pool_alloc(1);

	return page != NULL ? pool_gpa(page).value : 0;
}

static uint64_t *next_table(uint64_t *entry, bool is_user)
{
	if ((*entry & PTE_PRESENT) == 0) {
		uint64_t page = new_table();

		if (page == 0) {
			return NULL;
		}
		*entry = tables_private(page) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED |
			 (is_user ? PTE_USER : 0);
	}
	return table_at(*entry);
}

uint64_t *tables_entry(uint64_t root, uint64_t va, unsigned int level, bool is_user)
{
	uint64_t *table = table_at(root);

	for (unsigned int l = levels - 1; l > level && table != NULL; l--) {
		table = next_table(&table[pt_index(va, l)], is_user);
	}
	return table != NULL ? &table[pt_index(va, level)] : NULL;
}

uint64_t *tables_find(uint64_t root, uint64_t va)
{
	uint64_t *table = table_at(root);

	for (unsigned int l = levels - 1; l > 0; l--) {
		uint64_t entry = table[pt_index(va, l)];

		if ((entry & PTE_PRESENT) == 0) {
			return NULL;
		}
		table = table_at(entry);
	}
	return &table[pt_index(va, 0)];
}

uint64_t tables_kernel_root(void)
{
	return kernel_root;
}

uint64_t tables_new_root(void)
{
	uint64_t root = new_table();

	if (root != 0) {
		table_at(root)[KERNEL_TOP_INDEX] = table_at(kernel_root)[KERNEL_TOP_INDEX];
	}
	return root;
}

static uint64_t segment_bits(uint32_t flags)
{
	uint64_t bits = PTE_PRESENT | PTE_ACCESSED;

	bits |= (flags & IMAGE_WRITE) != 0 ? PTE_WRITE | PTE_DIRTY : 0;
	return (flags & IMAGE_EXEC) != 0 ? bits : bits | PTE_NX;
}

static enum err map_run(const struct image_map *image, uint64_t first, uint64_t pages,
			uint32_t flags)
{
	for (uint64_t p = first; p < first + pages; p++) {
		uint64_t offset = p * PAGE_SIZE;
		uint64_t *entry = tables_entry(kernel_root, KERNEL_VA + offset, 0, false);

		if (entry == NULL) {
			return ERR_NOMEM;
		}
		*entry = tables_private(image->region_base + offset) | segment_bits(flags);
	}
	return ERR_OK;
}

/*
 * Everything after the kernel's last segment and before the pool holds secrets, parameters and
 * service images: of these only the secrets page is ever written (wiped).
 */
static enum err map_image(const struct image_map *image)
{
	uint64_t end = 1;
	enum err err = map_run(image, 0, 1, IMAGE_READ);

	for (uint32_t i = 0; i < image->kernel_segment_count && err == ERR_OK; i++) {
		const struct image_segment *s = &image->kernel_segments[i];

		err = map_run(image, s->region_offset / PAGE_SIZE, s->pages, s->flags);
		end = s->region_offset / PAGE_SIZE + s->pages;
	}
	if (err == ERR_OK) {
		err = map_run(image, end, image->image_pages - end, IMAGE_READ);
	}
	if (err == ERR_OK) {
		err = map_run(image, image->secrets_offset / PAGE_SIZE, 1,
			      IMAGE_READ | IMAGE_WRITE);
	}
	return err;
}

enum err tables_build(const struct image_map *image)
{
	uint64_t pool_pages = image->region_bytes / PAGE_SIZE - image->image_pages;
	enum err err = ERR_NOMEM;

	levels = (insn_read_cr4() & CR4_LA57) != 0 ? 5 : 4;
	kernel_root = new_table();
	if (kernel_root != 0) {
		err = map_image(image);
	}
	if (err == ERR_OK) {
		err = map_run(image, image->image_pages, pool_pages, IMAGE_READ | IMAGE_WRITE);
	}
	if (err == ERR_OK) {
		err = window_init();
	}
	if (err == ERR_OK) {
		insn_write_cr3(tables_private(kernel_root));
	}
	return err;
}

void tables_unmap(const void *page)
{
	uint64_t *entry = tables_find(kernel_root, (uint64_t)(uintptr_t)page);

	ASSERT(entry != NULL);
	*entry = 0;
	insn_invlpg(page);
}

void tables_share(const void *page)
{
	uint64_t *entry = tables_find(kernel_root, (uint64_t)(uintptr_t)page);

	ASSERT(entry != NULL);
	*entry &= ~cbit;
	insn_invlpg(page);
}
