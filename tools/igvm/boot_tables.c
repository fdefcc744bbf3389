/* Fills the boot page tables: one path for low memory, one for the region, sharing the roots. */
#include "boot_tables.h"

#include "msg/image.h"

#define PTE_PRESENT  BIT(0)
#define PTE_WRITE    BIT(1)
#define PTE_ACCESSED BIT(5)
#define PTE_DIRTY    BIT(6)
#define PTE_NX	     BIT(63)

#define ENTRIES 512

/* The tables before the region's last level. */
enum table { ROOT4, ROOT5, LOW_PDPT, LOW_PD, LOW_PT, REGION_PDPT, REGION_PD, REGION_PT };

static unsigned int index_of(uint64_t va, unsigned int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1)) & (ENTRIES - 1));
}

static uint64_t directory_entry(const struct boot_tables *boot, uint64_t table)
{
	return (boot->tables_gpa + table * PAGE_SIZE) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

static uint64_t leaf(uint64_t gpa, uint32_t access)
{
	uint64_t entry = gpa | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;

	if (access == 0) {
		return 0;
	}
	entry |= (access & IMAGE_WRITE) != 0 ? PTE_WRITE : 0;
	entry |= (access & IMAGE_EXEC) != 0 ? 0 : PTE_NX;
	return entry;
}

uint64_t boot_tables_pages(uint64_t region_pages)
{
	return REGION_PT + (region_pages + ENTRIES - 1) / ENTRIES;
}

static void fill_directories(const struct boot_tables *boot, uint64_t (*tables)[ENTRIES])
{
	tables[ROOT5][0] = directory_entry(boot, ROOT4);
	tables[ROOT5][ENTRIES - 1] = directory_entry(boot, ROOT4);
	tables[ROOT4][0] = directory_entry(boot, LOW_PDPT);
	tables[LOW_PDPT][0] = directory_entry(boot, LOW_PD);
	tables[LOW_PD][0] = directory_entry(boot, LOW_PT);
	tables[ROOT4][index_of(KERNEL_VA, 4)] = directory_entry(boot, REGION_PDPT);
	tables[REGION_PDPT][index_of(KERNEL_VA, 3)] = directory_entry(boot, REGION_PD);
	for (uint64_t i = 0; i < boot_tables_pages(boot->region_pages) - REGION_PT; i++) {
		tables[REGION_PD][i] = directory_entry(boot, REGION_PT + i);
	}
}

void boot_tables_fill(const struct boot_tables *boot, uint64_t (*tables)[ENTRIES])
{
	fill_directories(boot, tables);
	for (uint64_t i = 0; i < boot->low_pages; i++) {
		uint64_t gpa = boot->low_base + i * PAGE_SIZE;
		uint32_t access =
			i < boot->stub_pages ? IMAGE_READ | IMAGE_EXEC : IMAGE_READ | IMAGE_WRITE;

		tables[LOW_PT][index_of(gpa, 1)] = leaf(gpa, access);
	}
	for (uint64_t i = 0; i < boot->region_pages; i++) {
		tables[REGION_PT + i / ENTRIES][i % ENTRIES] =
			leaf(boot->region_base + i * PAGE_SIZE, boot->access[i]);
	}
}
