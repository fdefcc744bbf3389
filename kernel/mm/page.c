/*
 * A page's lock orders its changes against one another and against CREATE_VCPU: it never becomes a
 * VMSA while it is being validated or handed back. Zeroing comes after PVALIDATE and before
 * the first RMPADJUST that grants anything, so what a host remapped under the guest leaks nothing.
 *
 * What the kernel remembers decides, not the carry flag: a page it validated is not validated
 * again, whatever "ignore CF" says, because the host may have exchanged what lies behind it. And a
 * page that PVALIDATE finds validated although the kernel did not do it is refused.
 */
#include "page.h"

#include "arch/guest.h"
#include "arch/rmp.h"
#include "mm/pagestate.h"
#include "svsm/core.h"

/* How many are between page_owe_flush() and page_flush(). */
static _Atomic unsigned int flushes_owed;

void page_owe_flush(void)
{
	flushes_owed++;
}

void page_flush(void)
{
	arch_flush_all();
	flushes_owed--;
}

static enum err rmp_err(struct rmp_result r, unsigned int *status)
{
	*status = r.faulted ? 0 : r.status;
	return r.faulted || r.status != RMP_OK ? ERR_FAULT : ERR_OK;
}

/* Of VMPLs 1..last. */
static enum err adjust(gpa_t page, enum rmp_page_size size, unsigned int last,
		       unsigned int permissions, unsigned int *status)
{
	return rmp_err(arch_rmpadjust_to(page, size, last, permissions), status);
}

uint64_t page_bytes(enum rmp_page_size size)
{
	return size == RMP_2M ? PAGE_2M_SIZE : PAGE_SIZE;
}

static enum err pvalidate(const struct page_change *c, unsigned int *status)
{
	struct rmp_result r = arch_pvalidate(c->page, c->size, c->validate);
	enum err err = rmp_err(r, status);

	return err == ERR_OK && r.unchanged ? ERR_NOCHANGE : err;
}

static enum err validate(const struct page_change *c, const struct page_span *span,
			 unsigned int vmpl, unsigned int *status)
{
	enum err err = pvalidate(c, status);

	if (err != ERR_OK) {
		return err;
	}
	/* From here on it is validated, whatever else fails: a retry must not do it again. */
	pagestate_span_set(span, PAGE_GUEST, vmpl);
	/* It may be one that another CPU has just taken from another VMPL, which must not write
	 * now. */
	if (flushes_owed != 0) {
		arch_flush_all();
	}
	err = arch_guest_zero(c->page, c->size == RMP_2M);
	if (err != ERR_OK) {
		pagestate_span_set(span, PAGE_LOST, PAGE_NOBODY);
		return err;
	}
	return adjust(c->page, c->size, vmpl, VMPL_RWX, status);
}

static enum err invalidate(const struct page_change *c, const struct page_span *span,
			   unsigned int *status)
{
	enum err err = adjust(c->page, c->size, VMPL_COUNT - 1, 0, status);

	if (err == ERR_OK) {
		err = pvalidate(c, status);
	}
	if (err == ERR_OK || err == ERR_NOCHANGE) {
		pagestate_span_set(span, PAGE_FREE, PAGE_NOBODY);
	}
	return err;
}

/* Is the whole range in the state that this change starts from, or already where it ends? */
static enum err check_state(const struct page_change *c, const struct page_span *span,
			    unsigned int vmpl, unsigned int *status)
{
	bool is_free = pagestate_span_all(span, PAGE_FREE, PAGE_NOBODY);

	if (is_free || pagestate_span_all(span, PAGE_GUEST, vmpl)) {
		return is_free == c->validate ? ERR_OK : ERR_NOCHANGE;
	}
	for (uint64_t at = 0; at < page_bytes(c->size); at += PAGE_SIZE) {
		gpa_t page = gpa_add(c->page, at);

		if (pagestate_get(page) != PAGE_FREE &&
		    !pagestate_all(page, PAGE_SIZE, PAGE_GUEST, vmpl)) {
			return ERR_ADDRESS;
		}
	}
	/* Some of a 2 MiB page are validated, some not: the guest is to ask for each. */
	*status = RMP_FAIL_SIZEMISMATCH;
	return ERR_FAULT;
}

static enum err perform_locked(const struct page_change *c, unsigned int vmpl, unsigned int *status)
{
	struct page_span span;
	enum err err = pagestate_find(c->page, page_bytes(c->size), &span);

	if (err == ERR_OK) {
		err = check_state(c, &span, vmpl, status);
	}
	if (err == ERR_NOCHANGE) {
		return c->ignore_unchanged ? ERR_OK : err;
	}
	if (err == ERR_OK) {
		err = c->validate ? validate(c, &span, vmpl, status) : invalidate(c, &span, status);
	}
	return err;
}

enum err page_perform(const struct page_change *change, unsigned int vmpl, unsigned int *status)
{
	enum err err;

	*status = 0;
	pagestate_lock(change->page);
	err = perform_locked(change, vmpl, status);
	pagestate_unlock(change->page);
	return err;
}

enum err page_grant(gpa_t page, unsigned int vmpl)
{
	unsigned int status;

	return adjust(page, RMP_4K, vmpl, VMPL_RWX, &status);
}

enum err page_revoke(gpa_t page, enum rmp_page_size size, unsigned int *status)
{
	*status = 0;
	return adjust(page, size, VMPL_COUNT - 1, 0, status);
}
