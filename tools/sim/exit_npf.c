/*
 * Nested faults: the place where the host's map, the RMP and the C-bit meet.
 *
 * Which accesses are private: those through a mapping with the C-bit, instruction fetches, table
 * walks, and all of them while paging is off. Nested tables cannot tell a fetch or a walk without
 * the C-bit from a data access, so the C=0 alias of a private page is mapped only after a fault
 * that was one; from then on a C=0 data access to that page goes unnoticed. Every other C=0 access
 * to a private page is what it is on hardware: the host takes the page away and shares it.
 */
#include "base/bits.h"
#include "exit.h"
#include "host.h"
#include "inject.h"
#include "log.h"
#include "memory.h"
#include "npt.h"
#include "snp/ghcb.h"
#include "stats.h"
#include "vmcb.h"
#include "walk.h"

#define NPF_WRITE BIT(1)
#define NPF_FETCH BIT(4)
#define NPF_WALK  BIT(33)

#define SAME_FAULT_LIMIT 16

struct fault {
	uint64_t address; /* nested, with the C-bit as the guest had it */
	uint64_t gpa;
	uint64_t spa;
	bool is_private;
	bool is_write;
	bool is_fetch;
	bool is_walk;
};

static struct fault fault_of(const struct context *c)
{
	uint64_t info = c->vmcb->exit_info_1;
	uint64_t address = c->vmcb->exit_info_2;
	struct fault f = {
		.address = address,
		.gpa = address & ~host_c_bit(),
		.is_write = (info & NPF_WRITE) != 0,
		.is_fetch = (info & NPF_FETCH) != 0,
		.is_walk = (info & NPF_WALK) != 0,
	};

	f.is_private = (address & host_c_bit()) != 0 || f.is_fetch || f.is_walk ||
		       walk_is_always_private(c);
	return f;
}

static const char *kind_of(const struct fault *f)
{
	return f->is_walk ? "table walk" : f->is_fetch ? "fetch" : f->is_write ? "write" : "read";
}

/* The same fault again and again means that what was mapped does not satisfy the CPU. */
static void check_progress(struct context *c, uint64_t exits, const struct fault *f)
{
	bool is_same = c->fault_gpa == f->address && c->fault_exit + 1 == exits;

	c->fault_gpa = f->address;
	c->fault_exit = exits;
	if (!is_same) {
		c->fault_repeats = 0;
		return;
	}
	if (++c->fault_repeats > SAME_FAULT_LIMIT) {
		log_fatal(
			"VMPL%u rip 0x%lx: nested fault on 0x%lx does not go away, info 0x%lx leaf "
			"0x%lx",
			c->vmpl, c->save->rip, f->address, c->vmcb->exit_info_1,
			npt_leaf(c->nested_root, f->address));
	}
}

static uint8_t access_of(const struct context *c, const struct fault *f)
{
	if (f->is_fetch) {
		return c->save->cpl == 3 ? VMPL_EXEC_USER : VMPL_EXEC_SUPER;
	}
	return f->is_write ? VMPL_READ | VMPL_WRITE : VMPL_READ;
}

/* Nested rights of a private page; the C=0 alias gets no more than its fault was about. */
static unsigned int rights_of(const struct rmp_entry *e, unsigned int vmpl)
{
	uint8_t perms = e->perms[vmpl];

	return ((perms & VMPL_WRITE) != 0 ? NPT_WRITE : 0) |
	       ((perms & (VMPL_EXEC_USER | VMPL_EXEC_SUPER)) != 0 ? NPT_EXEC : 0);
}

/* The neighbours in the same 2 MiB that are in the same state: TLBs may know more than asked. */
static void map_neighbours(const struct context *c, const struct fault *f,
			   const struct rmp_entry *like, unsigned int rights)
{
	uint64_t base = align_down(f->gpa, PAGE_2M_SIZE);
	const struct rmp_entry *e;
	uint64_t spa;

	for (uint64_t gpa = base; gpa < base + PAGE_2M_SIZE; gpa += PAGE_SIZE) {
		uint64_t address = (f->address & host_c_bit()) | gpa;

		if (!memory_find(gpa, &spa)) {
			continue;
		}
		e = rmp_entry(&host_rmp, spa);
		if (e->flags == like->flags && e->perms[c->vmpl] == like->perms[c->vmpl] &&
		    npt_leaf(c->nested_root, address) == 0) {
			npt_map(c->nested_root, address, spa, RMP_4K, rights);
		}
	}
}

static void map_private(const struct context *c, const struct fault *f)
{
	const struct rmp_entry *e = rmp_entry(&host_rmp, f->spa);
	unsigned int rights = rights_of(e, c->vmpl);

	if ((f->address & host_c_bit()) == 0 && !walk_is_always_private(c)) {
		/* A walk wants to set accessed bits; a fetch must not open the page for data
		 * writes. */
		rights = f->is_walk ? rights & NPT_WRITE : rights & NPT_EXEC;
		rights |= npt_leaf(c->nested_root, f->address) != 0 ? rights_of(e, c->vmpl) : 0;
		npt_map(c->nested_root, align_down(f->address, PAGE_SIZE),
			align_down(f->spa, PAGE_SIZE), RMP_4K, rights);
		return;
	}
	if (e->size == RMP_2M) {
		npt_map(c->nested_root, align_down(f->address, PAGE_2M_SIZE),
			align_down(f->spa, PAGE_2M_SIZE), RMP_2M, rights);
		return;
	}
	npt_map(c->nested_root, align_down(f->address, PAGE_SIZE), align_down(f->spa, PAGE_SIZE),
		RMP_4K, rights);
	if ((e->flags & RMP_VMSA) == 0) {
		map_neighbours(c, f, e, rights);
	}
}

/*
 * CR2 of #VC 404 is the virtual address, which a nested fault does not carry. A fetch names it; for
 * data it is right where the guest maps one to one, otherwise it is the gPA.
 */
static void not_validated(struct context *c, const struct fault *f)
{
	log_line("refused: VMPL%u rip 0x%lx: %s of gpa 0x%lx, which is not validated: #VC", c->vmpl,
		 c->save->rip, kind_of(f), f->gpa);
	c->save->cr2 = f->is_fetch ? walk_rip(c) : f->gpa;
	stats.events[STATS_VC_404]++;
	inject_vc(c, EXIT_NOT_VALIDATED);
}

static void private_fault(struct context *c, const struct fault *f)
{
	switch (rmp_check(&host_rmp, f->spa, f->gpa, c->vmpl, access_of(c, f))) {
	case RMP_PASS:
		map_private(c, f);
		return;
	case RMP_VC_404:
		not_validated(c, f);
		return;
	case RMP_NPF_RMP:
		log_line("host: gpa 0x%lx becomes private for a %s by VMPL%u rip 0x%lx", f->gpa,
			 kind_of(f), c->vmpl, c->save->rip);
		stats.events[STATS_IMPLICIT]++;
		if (host_make_private(align_down(f->gpa, PAGE_SIZE), RMP_4K) != ERR_OK) {
			break;
		}
		not_validated(c, f);
		return;
	case RMP_NPF_SIZE:
		host_smash(f->gpa);
		return;
	case RMP_NPF_VMPL:
		log_fatal("VMPL violation: %s of gpa 0x%lx by VMPL%u, rip 0x%lx, cpl %u",
			  kind_of(f), f->gpa, c->vmpl, c->save->rip, (unsigned int)c->save->cpl);
	}
	log_fatal("VMPL%u rip 0x%lx: %s of gpa 0x%lx: the RMP refuses", c->vmpl, c->save->rip,
		  kind_of(f), f->gpa);
}

static void shared_fault(struct context *c, const struct fault *f)
{
	if (rmp_is_assigned(&host_rmp, f->spa)) {
		log_line("host: gpa 0x%lx becomes shared for a %s by VMPL%u rip 0x%lx", f->gpa,
			 kind_of(f), c->vmpl, c->save->rip);
		stats.events[STATS_IMPLICIT]++;
		if (host_make_shared(align_down(f->gpa, PAGE_SIZE), RMP_4K) != ERR_OK) {
			log_fatal("gpa 0x%lx cannot be shared", f->gpa);
		}
	}
	npt_map(c->nested_root, align_down(f->address, PAGE_SIZE), align_down(f->spa, PAGE_SIZE),
		RMP_4K, NPT_WRITE);
	map_neighbours(c, f, rmp_entry(&host_rmp, f->spa), NPT_WRITE);
}

void exit_nested_fault(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	struct fault f = fault_of(c);

	if (!memory_find(f.gpa, &f.spa)) {
		if (f.is_walk || f.is_fetch) {
			log_fatal("VMPL%u rip 0x%lx: %s at gpa 0x%lx, where there is no memory; "
				  "cr3 0x%lx",
				  c->vmpl, c->save->rip, kind_of(&f), f.gpa, c->save->cr3);
		}
		inject_vc(c, EXIT_NPF);
		return;
	}
	check_progress(c, vcpu->exits, &f);
	if (f.is_private) {
		private_fault(c, &f);
	} else {
		shared_fault(c, &f);
	}
}
