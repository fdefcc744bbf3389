/*
 * The page tables the entry stub turns paging on with (include/msg/image.h says what they map). All
 * leaves are 4 KiB; the C-bit is the stub's to set. The first table is root4, the second root5.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"

/* Low memory ends where the VGA memory begins, and lies within the first 2 MiB. */
#define BOOT_LOW_END UINT64_C(0xA0000)

struct boot_tables {
	uint64_t tables_gpa; /* where they will lie, in low memory */
	uint64_t low_base;
	uint64_t low_pages;
	uint64_t stub_pages; /* the first of the low pages: read and execute */
	uint64_t region_base;
	uint64_t region_pages;
	const uint8_t *access; /* per page of the region: IMAGE_* flags, 0 = not mapped */
};

/* How many pages the tables of a region take. */
uint64_t boot_tables_pages(uint64_t region_pages);

/* Fills boot_tables_pages() zeroed pages of 512 entries. */
void boot_tables_fill(const struct boot_tables *boot, uint64_t (*tables)[512]);
