/*
 * Where the guest has memory, as the host says it. Host data: only ever used to refuse, and the
 * SVSM's own region is refused whatever it says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

#define MEMMAP_MAX 64

/* Adds a range of guest memory; trims it to whole pages. ERR_NOMEM: too many. */
enum err memmap_add(uint64_t base, uint64_t bytes);

/* Does [base, base+bytes) lie in guest memory as a whole, and nowhere in the SVSM's region? */
bool memmap_has(gpa_t base, uint64_t bytes);

/*
 * The first page's number when all guest memory is counted range after range, below
 * memmap_pages(); MEMMAP_NONE where memmap_has() is false. The pages of one range are numbered
 * consecutively.
 */
#define MEMMAP_NONE UINT64_MAX
uint64_t memmap_index(gpa_t base, uint64_t bytes);

uint64_t memmap_pages(void);
size_t memmap_ranges(void);

/* Reads the IGVM memory map parameter: entries until one with no pages, at most `bytes`. */
enum err memmap_from_igvm(const void *data, size_t bytes);
