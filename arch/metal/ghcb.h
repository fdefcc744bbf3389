/* The GHCB of this CPU and the GHCB MSR protocol. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "snp/ghcb.h"

/* One request by the MSR protocol; the MSR is put back to what it was. */
uint64_t ghcb_msr_call(uint64_t request);

/* Makes a page of ours shared, and tells the host that it is this CPU's GHCB. */
enum err ghcb_setup(void);

/* Pages of ours, together, that the host can read and write, zeroed. NULL: no memory, or the host
 * does not share them. */
void *ghcb_alloc_shared(size_t pages);

/* Starts a request: what it needs besides is added, and marked, before ghcb_finish(). */
struct ghcb *ghcb_begin(uint64_t code, uint64_t info1, uint64_t info2);
void ghcb_set_valid(struct ghcb *g, size_t bit);

/* Asks; an exception or a complaint of the host is ERR_HOST. */
enum err ghcb_finish(struct ghcb *g, uint64_t *info2);
