/* The RMP's rules. Order of checks is the manual's: nested fault, size, Validated, permission. */
#include "rmp.h"

#include <stddef.h>

#include "base/bits.h"

#define PERMS_ALL (VMPL_RWX | VMPL_SHADOW_STACK)

static struct rmp_entry *slot(const struct rmp *rmp, uint64_t spa)
{
	uint64_t page = spa >> PAGE_SHIFT;

	if (page < rmp->low_pages) {
		return &rmp->entries[page];
	}
	if (page >= rmp->high_first && page - rmp->high_first < rmp->high_pages) {
		return &rmp->entries[rmp->low_pages + (page - rmp->high_first)];
	}
	return NULL;
}

static bool is_2m(const struct rmp_entry *e)
{
	return e != NULL && (e->flags & RMP_ASSIGNED) != 0 && e->size == RMP_2M;
}

struct rmp_entry *rmp_entry(const struct rmp *rmp, uint64_t spa)
{
	struct rmp_entry *head = slot(rmp, align_down(spa, PAGE_2M_SIZE));

	return is_2m(head) ? head : slot(rmp, spa);
}

bool rmp_is_assigned(const struct rmp *rmp, uint64_t spa)
{
	const struct rmp_entry *e = rmp_entry(rmp, spa);

	return e != NULL && (e->flags & RMP_ASSIGNED) != 0;
}

static void entry_reset(struct rmp_entry *e, uint64_t gpa, enum rmp_page_size size)
{
	*e = (struct rmp_entry){
		.gpa = gpa,
		.flags = RMP_ASSIGNED,
		.size = (uint8_t)size,
		.perms = {PERMS_ALL, 0, 0, 0},
	};
}

/* Are all 512 entries of a 2M area free? */
static bool area_is_free(const struct rmp *rmp, uint64_t spa)
{
	const struct rmp_entry *e;

	for (uint64_t i = 0; i < PAGES_PER_2M; i++) {
		e = slot(rmp, spa + i * PAGE_SIZE);
		if (e == NULL || (e->flags & RMP_ASSIGNED) != 0) {
			return false;
		}
	}
	return true;
}

enum err rmp_assign(const struct rmp *rmp, uint64_t spa, uint64_t gpa, enum rmp_page_size size)
{
	uint64_t bytes = size == RMP_2M ? PAGE_2M_SIZE : PAGE_SIZE;
	struct rmp_entry *e = rmp_entry(rmp, spa);

	if (e == NULL || !is_aligned(spa, bytes) || !is_aligned(gpa, bytes)) {
		return ERR_INVALID;
	}
	if ((e->flags & RMP_ASSIGNED) != 0 || (size == RMP_2M && !area_is_free(rmp, spa))) {
		return ERR_INUSE;
	}
	entry_reset(e, gpa, size);
	return ERR_OK;
}

enum err rmp_unassign(const struct rmp *rmp, uint64_t spa, enum rmp_page_size size)
{
	struct rmp_entry *e = rmp_entry(rmp, spa);

	if (e == NULL || !is_aligned(spa, size == RMP_2M ? PAGE_2M_SIZE : PAGE_SIZE)) {
		return ERR_INVALID;
	}
	if ((e->flags & RMP_ASSIGNED) == 0) {
		return ERR_NOCHANGE;
	}
	if (e->size != size || (e->flags & (RMP_IMMUTABLE | RMP_IN_USE)) != 0) {
		return ERR_INUSE;
	}
	*e = (struct rmp_entry){0};
	return ERR_OK;
}

enum err rmp_psmash(const struct rmp *rmp, uint64_t spa)
{
	struct rmp_entry *head = slot(rmp, spa);
	struct rmp_entry whole;

	if (!is_aligned(spa, PAGE_2M_SIZE) || !is_2m(head)) {
		return ERR_INVALID;
	}
	whole = *head;
	whole.size = RMP_4K;
	for (uint64_t i = 0; i < PAGES_PER_2M; i++) {
		*slot(rmp, spa + i * PAGE_SIZE) = whole;
		whole.gpa += PAGE_SIZE;
	}
	return ERR_OK;
}

enum err rmp_launch(const struct rmp *rmp, uint64_t spa, uint64_t gpa, bool is_vmsa)
{
	enum err err = rmp_assign(rmp, spa, gpa, RMP_4K);

	if (err == ERR_OK) {
		slot(rmp, spa)->flags |= RMP_VALIDATED;
		slot(rmp, spa)->flags |= is_vmsa ? RMP_VMSA : 0;
	}
	return err;
}

/* Is this system page the guest's at this gPA? */
static bool belongs(const struct rmp_entry *e, uint64_t gpa)
{
	if (e == NULL || (e->flags & RMP_ASSIGNED) == 0) {
		return false;
	}
	return align_down(gpa, e->size == RMP_2M ? PAGE_2M_SIZE : PAGE_SIZE) == e->gpa;
}

static struct rmp_outcome verdict(enum rmp_verdict v)
{
	return (struct rmp_outcome){.verdict = v};
}

static struct rmp_outcome result(uint32_t eax)
{
	return (struct rmp_outcome){.verdict = RMP_PASS, .eax = eax};
}

struct rmp_outcome rmp_pvalidate(const struct rmp *rmp, uint64_t spa, uint64_t gpa,
				 enum rmp_page_size size, bool validate)
{
	struct rmp_entry *e = rmp_entry(rmp, spa);
	struct rmp_outcome out = result(RMP_OK);

	if (size == RMP_2M && !is_aligned(gpa, PAGE_2M_SIZE)) {
		return result(RMP_FAIL_INPUT);
	}
	if (!belongs(e, gpa) || (e->flags & RMP_IMMUTABLE) != 0) {
		return verdict(RMP_NPF_RMP);
	}
	if (size == RMP_4K && e->size == RMP_2M) {
		return verdict(RMP_NPF_SIZE);
	}
	if (size == RMP_2M && e->size == RMP_4K) {
		return result(RMP_FAIL_SIZEMISMATCH);
	}
	out.no_change = ((e->flags & RMP_VALIDATED) != 0) == validate;
	if (validate) {
		e->flags |= RMP_VALIDATED;
	} else {
		e->flags &= (uint8_t)~RMP_VALIDATED;
	}
	return out;
}

/* The part of RMPADJUST's and RMPQUERY's checks that needs the entry. */
static struct rmp_outcome check_entry(const struct rmp_entry *e, uint64_t gpa,
				      enum rmp_page_size size)
{
	if (!belongs(e, gpa)) {
		return verdict(RMP_NPF_RMP);
	}
	if (size == RMP_4K && e->size == RMP_2M) {
		return verdict(RMP_NPF_SIZE);
	}
	if (size == RMP_2M && e->size == RMP_4K) {
		return result(RMP_FAIL_SIZEMISMATCH);
	}
	if ((e->flags & RMP_VALIDATED) == 0) {
		return verdict(RMP_VC_404);
	}
	return result(RMP_OK);
}

static bool perms_are_legal(uint8_t perms)
{
	bool write_only = (perms & VMPL_WRITE) != 0 && (perms & VMPL_READ) == 0;

	return (perms & ~PERMS_ALL) == 0 && !write_only;
}

struct rmp_outcome rmp_adjust(const struct rmp *rmp, uint64_t spa, uint64_t gpa, uint64_t raw_size,
			      unsigned int vmpl, uint64_t raw_attributes)
{
	struct rmp_entry *e = rmp_entry(rmp, spa);
	uint64_t target = raw_attributes & 0xff;
	uint8_t perms = (uint8_t)(raw_attributes >> 8);
	struct rmp_outcome out;

	if (raw_size > RMP_2M || target >= VMPL_COUNT || !perms_are_legal(perms) ||
	    (raw_attributes & ~MASK(16, 0)) != 0 ||
	    (raw_size == RMP_2M && !is_aligned(gpa, PAGE_2M_SIZE))) {
		return result(RMP_FAIL_INPUT);
	}
	if (target <= vmpl) {
		return result(RMP_FAIL_PERMISSION);
	}
	out = check_entry(e, gpa, raw_size == RMP_2M ? RMP_2M : RMP_4K);
	if (out.verdict != RMP_PASS || out.eax != RMP_OK) {
		return out;
	}
	if ((perms & ~e->perms[vmpl]) != 0) {
		return result(RMP_FAIL_PERMISSION);
	}
	if (vmpl == 0) {
		if ((e->flags & RMP_IN_USE) != 0) {
			return result(RMP_FAIL_INUSE);
		}
		e->flags &= (uint8_t)~RMP_VMSA;
		e->flags |= (raw_attributes & RMPADJUST_VMSA) != 0 ? RMP_VMSA : 0;
	}
	e->perms[target] = perms;
	return out;
}

struct rmp_outcome rmp_query(const struct rmp *rmp, uint64_t spa, uint64_t gpa, unsigned int vmpl,
			     uint64_t raw_attributes, struct rmp_query *query)
{
	const struct rmp_entry *e = rmp_entry(rmp, spa);
	uint64_t target = raw_attributes & 0xff;

	if (target >= VMPL_COUNT) {
		return result(RMP_FAIL_INPUT);
	}
	if (target < vmpl) {
		return result(RMP_FAIL_PERMISSION);
	}
	if (!belongs(e, gpa)) {
		return verdict(RMP_NPF_RMP);
	}
	if ((e->flags & RMP_VALIDATED) == 0) {
		return verdict(RMP_VC_404);
	}
	query->perms = e->perms[target];
	query->size = e->size;
	query->is_vmsa = (e->flags & RMP_VMSA) != 0;
	return result(RMP_OK);
}

enum rmp_verdict rmp_check(const struct rmp *rmp, uint64_t spa, uint64_t gpa, unsigned int vmpl,
			   uint8_t access)
{
	const struct rmp_entry *e = rmp_entry(rmp, spa);

	if (!belongs(e, gpa)) {
		return RMP_NPF_RMP;
	}
	if ((e->flags & RMP_VALIDATED) == 0) {
		return RMP_VC_404;
	}
	return (access & ~e->perms[vmpl]) != 0 ? RMP_NPF_VMPL : RMP_PASS;
}

bool rmp_is_open_vmsa(const struct rmp_entry *entry)
{
	uint8_t perms = 0;

	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		perms |= entry->perms[vmpl];
	}
	return (entry->flags & RMP_VMSA) != 0 && (perms & VMPL_WRITE) != 0;
}

bool rmp_can_run(const struct rmp *rmp, uint64_t spa, uint64_t gpa)
{
	const struct rmp_entry *e = rmp_entry(rmp, spa);

	return belongs(e, gpa) && (e->flags & RMP_VMSA) != 0 && (e->flags & RMP_VALIDATED) != 0;
}
