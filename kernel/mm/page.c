/*
 * One lock orders page changes against one another and against CREATE_VCPU: a page never becomes a
 * VMSA while it is being validated or handed back. Zeroing comes after PVALIDATE and before the
 * first RMPADJUST that grants anything, so what a host remapped under the guest leaks nothing.
 */
#include "page.h"

#include "arch/guest.h"
#include "arch/rmp.h"
#include "mm/memmap.h"
#include "svsm/core.h"
#include "vcpu/registry.h"

enum err page_decode(uint64_t raw_entry, struct page_change *change)
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

static enum err rmp_err(struct rmp_result r, unsigned int *status)
{
	*status = r.faulted ? 0 : r.status;
	return r.faulted || r.status != RMP_OK ? ERR_FAULT : ERR_OK;
}

static enum err adjust(gpa_t page, enum rmp_page_size size, unsigned int from, unsigned int to,
		       unsigned int permissions, unsigned int *status)
{
	enum err err = ERR_OK;

	for (unsigned int vmpl = from; vmpl <= to && err == ERR_OK; vmpl++) {
		err = rmp_err(arch_rmpadjust(page, size, vmpl, permissions, false), status);
	}
	return err;
}

static enum err pvalidate(const struct page_change *c, unsigned int *status)
{
	struct rmp_result r = arch_pvalidate(c->page, c->size, c->validate);
	enum err err = rmp_err(r, status);

	if (err == ERR_OK && r.unchanged && !c->ignore_unchanged) {
		err = ERR_NOCHANGE;
	}
	return err;
}

static enum err validate(const struct page_change *c, unsigned int vmpl, unsigned int *status)
{
	enum err err = pvalidate(c, status);

	if (err == ERR_OK) {
		err = arch_guest_zero(c->page, c->size == RMP_2M);
	}
	if (err == ERR_OK) {
		err = adjust(c->page, c->size, 1, vmpl, VMPL_RWX, status);
	}
	return err;
}

static enum err invalidate(const struct page_change *c, unsigned int *status)
{
	enum err err = adjust(c->page, c->size, 1, VMPL_COUNT - 1, 0, status);

	return err == ERR_OK ? pvalidate(c, status) : err;
}

enum err page_perform(const struct page_change *change, unsigned int vmpl, unsigned int *status)
{
	uint64_t bytes = change->size == RMP_2M ? PAGE_2M_SIZE : PAGE_SIZE;
	enum err err = ERR_ADDRESS;

	*status = 0;
	registry_lock();
	if (memmap_has(change->page, bytes) && !registry_is_reserved(change->page, bytes)) {
		err = change->validate ? validate(change, vmpl, status) : invalidate(change, status);
	}
	registry_unlock();
	return err;
}

enum err page_grant(gpa_t page, unsigned int vmpl)
{
	unsigned int status;

	return adjust(page, RMP_4K, 1, vmpl, VMPL_RWX, &status);
}

enum err page_revoke(gpa_t page)
{
	unsigned int status;

	return adjust(page, RMP_4K, 1, VMPL_COUNT - 1, 0, &status);
}

enum err page_accept(gpa_t page, unsigned int vmpl)
{
	const struct page_change change = { .page = page, .size = RMP_4K, .validate = true };
	unsigned int status;

	return validate(&change, vmpl, &status);
}
