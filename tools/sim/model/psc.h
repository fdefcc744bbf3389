/*
 * Walking a page state change list (publication 56421, section 4.1.6): one operation at a time,
 * progress written back where the guest looks for it. Pure; the list lies in shared memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "snp/ghcb.h"
#include "snp/rmp.h"

/* One page, 4K or 2M, to bring into a state. */
struct psc_step {
	uint64_t gpa;
	unsigned int operation; /* PSC_OP_* */
	enum rmp_page_size size;
};

/*
 * The next step of the list in `bytes` of buffer. Returns 0 and the step; 0 and operation 0 when
 * the list is done; or the SW_EXITINFO2 error.
 */
uint64_t psc_next(const struct psc *list, uint32_t bytes, struct psc_step *step);
/* The step that psc_next() gave has been done. */
void psc_advance(struct psc *list, const struct psc_step *step);
