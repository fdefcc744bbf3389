/* A 2 MiB entry may have been begun in 4K steps: its current page counts 4K pages then. */
#include "psc.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"

static uint64_t check_entry(uint64_t entry)
{
	uint64_t operation = PSC_OPERATION(entry);
	uint64_t pages = (entry & PSC_2M) != 0 ? PAGES_PER_2M : 1;

	if ((entry & PSC_RESERVED) != 0 || operation == 0 || operation > PSC_OP_UNSMASH ||
	    (entry & PSC_PAGE_MASK) >= pages || !is_aligned(PSC_GFN(entry), pages)) {
		return PSC_ERROR_INVALID_ENTRY;
	}
	return 0;
}

static void make_step(uint64_t entry, struct psc_step *step)
{
	uint64_t page = entry & PSC_PAGE_MASK;

	step->operation = (unsigned int)PSC_OPERATION(entry);
	step->size = (entry & PSC_2M) != 0 && page == 0 ? RMP_2M : RMP_4K;
	step->gpa = (PSC_GFN(entry) + page) << PAGE_SHIFT;
}

uint64_t psc_next(const struct psc *list, uint32_t bytes, struct psc_step *step)
{
	uint32_t at = READ_ONCE(list->header.cur_entry);
	uint32_t last = READ_ONCE(list->header.end_entry);
	uint64_t entry;

	*step = (struct psc_step){0};
	if (last >= PSC_MAX_ENTRIES ||
	    offsetof(struct psc, entries) + (last + 1) * sizeof(entry) > bytes) {
		return PSC_ERROR_INVALID_HEADER;
	}
	if (at > last) {
		return 0;
	}
	entry = READ_ONCE(list->entries[at]);
	if (check_entry(entry) != 0) {
		return PSC_ERROR_INVALID_ENTRY;
	}
	make_step(entry, step);
	return 0;
}

void psc_advance(struct psc *list, const struct psc_step *step)
{
	uint16_t at = READ_ONCE(list->header.cur_entry);
	uint64_t entry = READ_ONCE(list->entries[at]);
	uint64_t pages = (entry & PSC_2M) != 0 ? PAGES_PER_2M : 1;
	uint64_t done = (entry & PSC_PAGE_MASK) + (step->size == RMP_2M ? PAGES_PER_2M : 1);

	if (done >= pages) {
		WRITE_ONCE(list->header.cur_entry, (uint16_t)(at + 1));
		done = pages;
	}
	WRITE_ONCE(list->entries[at], (entry & ~PSC_PAGE_MASK) | done);
}
