/* Look-up in a CPUID page: the only CPUID that VMPL0 believes. */
#pragma once

#include <stddef.h>

#include "snp/cpuid_page.h"

/* The entry of a leaf and subleaf, or NULL. A count beyond the page's room counts as the room. */
static inline const struct cpuid_entry *cpuid_table_find(const struct cpuid_page *page,
							 uint32_t leaf, uint32_t subleaf)
{
	for (uint32_t i = 0; i < page->count && i < CPUID_PAGE_MAX_ENTRIES; i++) {
		const struct cpuid_entry *e = &page->entries[i];

		if (e->eax_in == leaf && e->ecx_in == subleaf) {
			return e;
		}
	}
	return NULL;
}
