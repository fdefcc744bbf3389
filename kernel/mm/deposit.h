/*
 * Memory that guests deposit (publication 58019, DEPOSIT_MEM and WITHDRAW_MEM): where the
 * page-state tables go when the region is too small for them. Free pages can be withdrawn again,
 * zeroed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "snp/rmp.h"

/*
 * Takes a page of the guest's that is validated. ERR_ADDRESS: not its own to give; ERR_NOMEM: no
 * more can be kept; ERR_FAULT: an RMP instruction failed, with *status what it said. The page is
 * then still the guest's, all of it.
 */
enum err deposit_add(gpa_t page, enum rmp_page_size size, unsigned int vmpl, unsigned int *status);

/* A zeroed page from the deposits, the kernel's for good; NULL: none is left. */
void *deposit_take(void);

/* Gives a free page back to VMPLs 1..vmpl. ERR_NOMEM: none is free. */
enum err deposit_withdraw(unsigned int vmpl, gpa_t *page);

/* What MEM_AVAILABLE says. */
bool deposit_is_available(void);
