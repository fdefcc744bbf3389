/*
 * The seam: RMP instructions on a page named by its gPA. They go through this CPU's window, so the
 * caller needs no mapping. `status` is what the instruction left in EAX.
 */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/err.h"
#include "snp/rmp.h"

struct rmp_result {
	unsigned int status; /* RMP_OK, RMP_FAIL_* */
	bool unchanged;	     /* PVALIDATE: the Validated bit had that value before */
	bool faulted;	     /* the instruction itself faulted; status says nothing */
};

struct rmp_result arch_pvalidate(gpa_t page, enum rmp_page_size size, bool validate);

/* Sets the permissions of one VMPL (1..3), and the page's VMSA attribute. */
struct rmp_result arch_rmpadjust(gpa_t page, enum rmp_page_size size, unsigned int vmpl,
				 unsigned int permissions, bool vmsa);

/* The same for VMPLs 1..last, none of them with a VMSA; what the first that fails says. */
struct rmp_result arch_rmpadjust_to(gpa_t page, enum rmp_page_size size, unsigned int last,
				    unsigned int permissions);

/* Makes every CPU forget what it cached of nested and guest translations; returns when all did. */
void arch_flush_all(void);
