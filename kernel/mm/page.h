/*
 * The state of guest pages: validate and grant, revoke and invalidate (publication 58019,
 * PVALIDATE).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "snp/rmp.h"
#include "svsm/core.h"

/* A decoded PVALIDATE entry: in form right, not yet known to be the guest's. */
struct page_change {
	gpa_t page;
	enum rmp_page_size size;
	bool validate;
	bool ignore_unchanged;
};

/* ERR_INVALID: reserved bits, an unknown size, or a 2 MiB page that is not aligned. */
static inline enum err page_decode(uint64_t raw_entry, struct page_change *change)
{
	uint64_t size = SVSM_PVALIDATE_SIZE(raw_entry);
	gpa_t page = gpa(SVSM_PVALIDATE_GPA(raw_entry));

	if ((raw_entry & SVSM_PVALIDATE_RESERVED) != 0 || size > SVSM_PVALIDATE_2M) {
		return ERR_INVALID;
	}
	if (size == SVSM_PVALIDATE_2M && !is_aligned(page.value, PAGE_2M_SIZE)) {
		return ERR_INVALID;
	}
	*change = (struct page_change){
		.page = page,
		.size = size == SVSM_PVALIDATE_2M ? RMP_2M : RMP_4K,
		.validate = (raw_entry & SVSM_PVALIDATE_VALIDATE) != 0,
		.ignore_unchanged = (raw_entry & SVSM_PVALIDATE_IGNORE_CF) != 0,
	};
	return ERR_OK;
}

/*
 * Performs one change for a caller at `vmpl`. Takes the page's lock. ERR_ADDRESS: not the caller's
 * to change; ERR_NOCHANGE: it was so before; ERR_NOMEM: no room to remember it; ERR_FAULT: an RMP
 * instruction failed, with *status what it said (0 where it faulted).
 */
enum err page_perform(const struct page_change *change, unsigned int vmpl, unsigned int *status);

/*
 * A page that has been invalidated can be reached by old translations until the next flush. The
 * first of these comes before any invalidation, the second after the last, before it is reported
 * and before the same caller validates: one flush for many pages. A page that another CPU makes
 * somebody's in between is flushed there.
 */
void page_owe_flush(void);
void page_flush(void);

/* The rest works on one page whose lock the caller holds; *status as above. */

/* Grants read, write and execute to VMPLs 1..vmpl on a 4 KiB page that is validated. */
enum err page_grant(gpa_t page, unsigned int vmpl);

/* Takes every permission from VMPLs 1..3. The caller flushes. */
enum err page_revoke(gpa_t page, enum rmp_page_size size, unsigned int *status);

uint64_t page_bytes(enum rmp_page_size size);
