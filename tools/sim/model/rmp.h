/*
 * The reverse map table (APM volume 2, section 15.36): one entry per 4 KiB system page, what the
 * host's and the guest's RMP instructions do to it, and the check every private access passes.
 *
 * A 2 MiB entry is the entry of its first page with size RMP_2M; the other 511 are unused then.
 * Pure: no machine access, no allocation. The caller serialises.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "snp/rmp.h"

#define RMP_ASSIGNED  0x01 /* the guest's, not the hypervisor's */
#define RMP_VALIDATED 0x02
#define RMP_IMMUTABLE 0x04
#define RMP_VMSA      0x08
#define RMP_IN_USE    0x10 /* a vCPU runs with this VMSA */

struct rmp_entry {
	uint64_t gpa;
	uint8_t flags;
	uint8_t size; /* enum rmp_page_size */
	uint8_t perms[VMPL_COUNT];
	uint8_t reserved[2];
};
ABI_SIZE(struct rmp_entry, 16);

/* System pages 0..low_pages and high_first..+high_pages have entries, in this order. */
struct rmp {
	struct rmp_entry *entries;
	uint64_t low_pages;
	uint64_t high_first;
	uint64_t high_pages;
};

/* What becomes of an access or of an RMP instruction. */
enum rmp_verdict {
	RMP_PASS, /* done; for an instruction, see its EAX */
	RMP_NPF_RMP, /* nested fault: the page is not this guest's here */
	RMP_NPF_SIZE, /* nested fault: 4K asked of a 2M entry; the host splits it and retries */
	RMP_NPF_VMPL, /* nested fault: this VMPL has no such permission */
	RMP_VC_404, /* #VC in the guest: the page is not validated */
};

struct rmp_outcome {
	enum rmp_verdict verdict;
	uint32_t eax;
	bool no_change; /* PVALIDATE: CF */
};

struct rmp_query {
	uint8_t perms;
	uint8_t size;
	bool is_vmsa;
};

/* The entry that governs a system page, or NULL where there is none. */
struct rmp_entry *rmp_entry(const struct rmp *rmp, uint64_t spa);
bool rmp_is_assigned(const struct rmp *rmp, uint64_t spa);

/* Host: RMPUPDATE to guest-owned and back (clears Validated), PSMASH, and what a launch sets up. */
enum err rmp_assign(const struct rmp *rmp, uint64_t spa, uint64_t gpa, enum rmp_page_size size);
enum err rmp_unassign(const struct rmp *rmp, uint64_t spa, enum rmp_page_size size);
enum err rmp_psmash(const struct rmp *rmp, uint64_t spa);
enum err rmp_launch(const struct rmp *rmp, uint64_t spa, uint64_t gpa, bool is_vmsa);

/* Guest instructions on the page that the guest's VA leads to. */
struct rmp_outcome rmp_pvalidate(const struct rmp *rmp, uint64_t spa, uint64_t gpa,
				 enum rmp_page_size size, bool validate);
struct rmp_outcome rmp_adjust(const struct rmp *rmp, uint64_t spa, uint64_t gpa, uint64_t raw_size,
			      unsigned int vmpl, uint64_t raw_attributes);
struct rmp_outcome rmp_query(const struct rmp *rmp, uint64_t spa, uint64_t gpa, unsigned int vmpl,
			     uint64_t raw_attributes, struct rmp_query *query);

/* A private access by software at a VMPL; `access` of VMPL_READ, VMPL_WRITE, VMPL_EXEC_*. */
enum rmp_verdict rmp_check(const struct rmp *rmp, uint64_t spa, uint64_t gpa, unsigned int vmpl,
			   uint8_t access);
/* Is it a VMSA that a VMPL above 0 may write? No SVSM leaves a page so. */
bool rmp_is_open_vmsa(const struct rmp_entry *entry);
/* VMRUN with a VMSA page. */
bool rmp_can_run(const struct rmp *rmp, uint64_t spa, uint64_t gpa);
