/* Page-table entries of long mode, four or five levels (APM volume 2, chapter 5). */
#pragma once

#include <stdint.h>

#include "base/bits.h"

#define PTE_PRESENT  BIT(0)
#define PTE_WRITE    BIT(1)
#define PTE_USER     BIT(2)
#define PTE_ACCESSED BIT(5)
#define PTE_DIRTY    BIT(6)
#define PTE_LARGE    BIT(7)
#define PTE_NX	     BIT(63)
#define PTE_ADDRESS  MASK(51, 12) /* holds the C-bit too; mask it out first */

#define PT_ENTRIES 512

/* Index into the table of a level: 0 = PT, 1 = PD, 2 = PDPT, 3 = PML4, 4 = PML5. */
static inline unsigned int pt_index(uint64_t address, unsigned int level)
{
	return (unsigned int)(address >> (PAGE_SHIFT + 9 * level)) & (PT_ENTRIES - 1);
}
