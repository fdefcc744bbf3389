/* The seam: pages that a guest gave to the SVSM, mapped one by one in a range of slots. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Slots there are; each needs 8 bytes of page table, taken from the pool 512 slots at a time. */
#define DEPOSIT_SLOTS 65536

/* Makes the page tables behind the first `count` slots; false: no memory for them. */
bool arch_deposit_prepare(uint32_t count);

/* Maps a page of the guest's that no lower VMPL can reach any more; NULL: not prepared. */
void *arch_deposit_map(uint32_t slot, gpa_t page);
void arch_deposit_unmap(uint32_t slot);
