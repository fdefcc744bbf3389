/* Page tables of VMPL0: the C-bit, the kernel's root, and walking. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "msg/image.h"

/* The C-bit's mask, from the CPUID page. */
void tables_set_cbit(unsigned int position);
uint64_t tables_private(uint64_t address);

/* Builds the kernel's tables for the region, W^X and with guards, and switches to them. */
enum err tables_build(const struct image_map *image);

/* gPA of the kernel's root, and of a new root that shares the kernel's half; 0: no memory. */
uint64_t tables_kernel_root(void);
uint64_t tables_new_root(void);

/*
 * The entry that maps `va` at `level` (0: 4 KiB, 1: 2 MiB), tables above it made as needed with
 * user access where asked; NULL: no memory. Its content is the caller's.
 */
uint64_t *tables_entry(uint64_t root, uint64_t va, unsigned int level, bool is_user);

/* As above, but makes nothing: NULL where a table is missing. */
uint64_t *tables_find(uint64_t root, uint64_t va);

/* Changes how one page of the region is mapped in the kernel. */
void tables_unmap(const void *page);
void tables_share(const void *page);
