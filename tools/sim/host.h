/*
 * The hypervisor's side of memory: the RMP and the state of guest pages. Converting a page loses
 * its contents, as it does with KVM: what a guest shares is zeros, what it takes back is scrambled.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/rmp.h"

extern struct rmp host_rmp;

/* The RMP's memory; before the memory is sealed. */
void host_init(void);
/* All guest memory that is not assigned yet becomes private and not validated. */
void host_assign_all(void);

uint64_t host_c_bit(void); /* the mask */

enum err host_make_shared(uint64_t gpa, enum rmp_page_size size);
enum err host_make_private(uint64_t gpa, enum rmp_page_size size);
/* Splits the 2M RMP entry of a guest page. */
void host_smash(uint64_t gpa);

/* Drops a range from every context's nested tables, both aliases; and everything from all. */
void host_flush_range(uint64_t gpa, uint64_t bytes);
void host_flush_all(void);
/*
 * What TLBs may still allow although the RMP no longer does: noted when an instruction takes
 * something away, dropped from all TLBs by INVLPGB. Everything else may stay: a TLB could have it
 * again at once.
 */
void host_note_stale(uint64_t gpa, uint64_t bytes);
void host_flush_stale(void);

/* A shared page as the host may use it: within one page, never hidden, never the guest's. */
void *host_shared(uint64_t gpa, uint64_t bytes);
