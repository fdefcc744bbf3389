/*
 * Nested page tables. Each context has its own, filled on demand: what is in them is what that
 * VMPL's TLB holds, stale or not. A full pool drops everything, as a TLB may.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "snp/rmp.h"

/* Rights of a leaf beyond reading. */
#define NPT_WRITE 0x1u
#define NPT_EXEC  0x2u

void npt_init(uint32_t pages);
uint64_t npt_new_root(void);
/* Maps a page; `address` is the nested address, C-bit included. */
void npt_map(uint64_t root, uint64_t address, uint64_t spa, enum rmp_page_size size,
	     unsigned int rights);
/* The leaf that maps an address, or 0. */
uint64_t npt_leaf(uint64_t root, uint64_t address);
/* Is anything of a range mapped? */
bool npt_has(uint64_t root, uint64_t address, uint64_t bytes);
/* Removes the leaves of a range (2M leaves that touch it, too). */
void npt_unmap(uint64_t root, uint64_t address, uint64_t bytes);
/* Drops everything under a root. */
void npt_flush(uint64_t root);
