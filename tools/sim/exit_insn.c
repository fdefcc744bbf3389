/*
 * PVALIDATE, RMPADJUST, RMPQUERY, INVLPGB and TLBSYNC: #UD in TCG, carried out here by the model's
 * rules. What hardware refuses is refused, and the log says who tried what.
 */
#include "base/bits.h"
#include "exit.h"
#include "host.h"
#include "inject.h"
#include "log.h"
#include "memory.h"
#include "npt.h"
#include "params.h"
#include "snp/ghcb.h"
#include "stats.h"
#include "vmcb.h"
#include "walk.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define INSN_BYTES 4

enum insn { INSN_NONE, INSN_PVALIDATE, INSN_RMPADJUST, INSN_RMPQUERY, INSN_INVLPGB, INSN_TLBSYNC };

/* Prefix F2, F3 or none, then 0F 01 and the last byte. */
static enum insn decode(const struct context *c)
{
	uint8_t b[INSN_BYTES] = {0};
	unsigned int have = walk_fetch(c, b, sizeof(b));
	unsigned int prefix = b[0] == 0xf2 || b[0] == 0xf3 ? 1 : 0;
	uint8_t last = b[prefix + 2];

	if (have < prefix + 3 || b[prefix] != 0x0f || b[prefix + 1] != 0x01) {
		return INSN_NONE;
	}
	switch (last) {
	case 0xff:
		return b[0] == 0xf2 ? INSN_PVALIDATE : prefix == 0 ? INSN_TLBSYNC : INSN_NONE;
	case 0xfe:
		return b[0] == 0xf3 ? INSN_RMPADJUST : prefix == 0 ? INSN_INVLPGB : INSN_NONE;
	case 0xfd:
		return b[0] == 0xf3 ? INSN_RMPQUERY : INSN_NONE;
	default:
		return INSN_NONE;
	}
}

/* The page at the VA in RAX. False: the guest has got an exception instead. */
static bool operand_page(struct context *c, struct walk *walk, uint64_t *spa)
{
	uint64_t va = c->save->rax;
	enum walk_result r = walk_translate(c, va, walk);

	if (r == WALK_FAULT) {
		inject_pf(c, va, 0);
		return false;
	}
	if (r == WALK_REFUSED || !memory_find(walk->gpa, spa)) {
		log_fatal("VMPL%u rip 0x%lx: an RMP instruction on va 0x%lx gpa 0x%lx, which is no "
			  "memory of this guest",
			  c->vmpl, c->save->rip, va, walk->gpa);
	}
	if (!walk->is_private) {
		log_line("refused: VMPL%u rip 0x%lx: an RMP instruction through a shared mapping, "
			 "va "
			 "0x%lx gpa 0x%lx",
			 c->vmpl, c->save->rip, va, walk->gpa);
		inject_gp(c);
		return false;
	}
	return true;
}

/* Nested faults and #VC of an RMP instruction. True: the host has helped, do it again. */
static bool verdict_retry(struct context *c, enum rmp_verdict verdict, uint64_t gpa,
			  const char *what)
{
	switch (verdict) {
	case RMP_NPF_SIZE:
		host_smash(gpa);
		return true;
	case RMP_VC_404:
		log_line("refused: %s by VMPL%u rip 0x%lx on gpa 0x%lx, which is not validated",
			 what, c->vmpl, c->save->rip, gpa);
		c->save->cr2 = c->save->rax;
		stats.events[STATS_VC_404]++;
		inject_vc(c, EXIT_NOT_VALIDATED);
		return false;
	case RMP_NPF_RMP:
		/* Shared: the host makes it the guest's and lets it try again. */
		log_line("host: gpa 0x%lx becomes private for %s by VMPL%u rip 0x%lx", gpa, what,
			 c->vmpl, c->save->rip);
		stats.events[STATS_IMPLICIT]++;
		if (host_shared(gpa, 1) != NULL && host_make_private(gpa, RMP_4K) == ERR_OK) {
			return true;
		}
		break;
	case RMP_PASS:
	case RMP_NPF_VMPL:
		break;
	}
	log_fatal("%s by VMPL%u rip 0x%lx on gpa 0x%lx: the RMP refuses", what, c->vmpl,
		  c->save->rip, gpa);
}

static void complain(const struct context *c, const char *what, uint64_t gpa, uint32_t eax)
{
	if (eax != RMP_OK) {
		log_line("%s by VMPL%u rip 0x%lx on gpa 0x%lx: result %u", what, c->vmpl,
			 c->save->rip, gpa, eax);
	}
}

static void finish(struct context *c, uint32_t eax)
{
	c->save->rax = eax;
	vmcb_advance(c, INSN_BYTES);
}

/* What follows from a PVALIDATE that was carried out. */
static void account_pvalidate(const struct context *c, const struct walk *walk, uint64_t spa,
			      enum rmp_page_size size, bool is_new)
{
	stats.events[STATS_PVALIDATE]++;
	if (is_new) {
		stats.pages_validated += size == RMP_2M ? PAGES_PER_2M : 1;
		/* The instruction has translated the address: the TLB knows it. */
		npt_map(c->nested_root, walk->gpa | host_c_bit(), align_down(spa, PAGE_SIZE), size,
			NPT_WRITE | NPT_EXEC);
	}
}

static void do_pvalidate(struct context *c)
{
	enum rmp_page_size size = (c->gprs.rcx & 1) != 0 ? RMP_2M : RMP_4K;
	bool validate = (c->gprs.rdx & 1) != 0;
	struct rmp_outcome out;
	struct walk walk;
	uint64_t spa;

	if (c->vmpl != 0) {
		log_line("refused: PVALIDATE by VMPL%u rip 0x%lx, va 0x%lx: #GP", c->vmpl,
			 c->save->rip, c->save->rax);
		inject_gp(c);
		return;
	}
	if (!operand_page(c, &walk, &spa)) {
		return;
	}
	walk.gpa = align_down(walk.gpa, PAGE_SIZE);
	do {
		out = rmp_pvalidate(&host_rmp, spa, walk.gpa, size, validate);
	} while (out.verdict != RMP_PASS && verdict_retry(c, out.verdict, walk.gpa, "PVALIDATE"));
	if (out.verdict != RMP_PASS) {
		return;
	}
	account_pvalidate(c, &walk, spa, size, validate && out.eax == RMP_OK && !out.no_change);
	if (!validate) {
		host_note_stale(walk.gpa, size == RMP_2M ? PAGE_2M_SIZE : PAGE_SIZE);
	}
	if (out.eax != RMP_FAIL_SIZEMISMATCH) {
		complain(c, "PVALIDATE", walk.gpa, out.eax);
	}
	c->save->rflags &= ~(RFLAGS_CF | BIT(2) | BIT(4) | BIT(6) | BIT(7) | BIT(11));
	c->save->rflags |= out.no_change ? RFLAGS_CF : 0;
	finish(c, out.eax);
}

/* Has a VMPL less than before? A TLB may then know what is no longer true. */
static bool takes_away(const struct rmp_entry *before, const struct rmp_entry *after)
{
	bool is_less = ((after->flags & ~before->flags) & RMP_VMSA) != 0;

	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		is_less = is_less || (before->perms[vmpl] & ~after->perms[vmpl]) != 0;
	}
	return is_less;
}

static void do_rmpadjust(struct context *c)
{
	struct rmp_entry before;
	struct rmp_outcome out;
	struct walk walk;
	uint64_t spa;

	if (!operand_page(c, &walk, &spa)) {
		return;
	}
	walk.gpa = align_down(walk.gpa, PAGE_SIZE);
	before = *rmp_entry(&host_rmp, spa);
	do {
		out = rmp_adjust(&host_rmp, spa, walk.gpa, c->gprs.rcx, c->vmpl, c->gprs.rdx);
	} while (out.verdict != RMP_PASS && verdict_retry(c, out.verdict, walk.gpa, "RMPADJUST"));
	if (out.verdict != RMP_PASS) {
		return;
	}
	stats.events[STATS_RMPADJUST]++;
	if (takes_away(&before, rmp_entry(&host_rmp, spa))) {
		host_note_stale(walk.gpa, (c->gprs.rcx & 1) != 0 ? PAGE_2M_SIZE : PAGE_SIZE);
	}
	if (rmp_is_open_vmsa(rmp_entry(&host_rmp, spa))) {
		stats.events[STATS_OPEN_VMSA]++;
		log_line("RMPADJUST by VMPL%u rip 0x%lx leaves gpa 0x%lx a VMSA that may be "
			 "written",
			 c->vmpl, c->save->rip, walk.gpa);
	}
	complain(c, "RMPADJUST", walk.gpa, out.eax);
	finish(c, out.eax);
}

static void do_rmpquery(struct context *c)
{
	struct rmp_query query = {0};
	struct rmp_outcome out;
	struct walk walk;
	uint64_t spa;

	if (!operand_page(c, &walk, &spa)) {
		return;
	}
	walk.gpa = align_down(walk.gpa, PAGE_SIZE);
	do {
		out = rmp_query(&host_rmp, spa, walk.gpa, c->vmpl, c->gprs.rdx, &query);
	} while (out.verdict != RMP_PASS && verdict_retry(c, out.verdict, walk.gpa, "RMPQUERY"));
	if (out.verdict != RMP_PASS) {
		return;
	}
	stats.events[STATS_RMPQUERY]++;
	c->gprs.rcx = query.size;
	c->gprs.rdx = (c->gprs.rdx & 0xff) | ((uint64_t)query.perms << 8) |
		      (query.is_vmsa ? RMPADJUST_VMSA : 0);
	finish(c, out.eax);
}

/* RAX, EDX of INVLPGB (APM volume 3): reserved bits, and the ASID that a guest may name. */
#define INVLPGB_ASID	     BIT(2)
#define INVLPGB_RESERVED     MASK(11, 6)
#define INVLPGB_EDX_ASID     MASK(15, 0)
#define INVLPGB_EDX_RESERVED MASK(31, 28)

static bool is_good_invlpgb(const struct context *c)
{
	uint64_t rax = c->save->rax, rdx = c->gprs.rdx;

	return (rax & INVLPGB_ASID) != 0 && (rax & INVLPGB_RESERVED) == 0 &&
	       (rdx & (INVLPGB_EDX_ASID | INVLPGB_EDX_RESERVED)) == 0;
}

/* Whatever it names, all that is stale goes. */
static void do_invlpgb(struct context *c)
{
	if (!is_good_invlpgb(c)) {
		log_line("refused: INVLPGB with RAX 0x%lx, RDX 0x%lx, VMPL%u rip 0x%lx: #GP",
			 c->save->rax, c->gprs.rdx, c->vmpl, c->save->rip);
		inject_gp(c);
		return;
	}
	stats.events[STATS_INVLPGB]++;
	host_flush_stale();
	vmcb_advance(c, INSN_BYTES - 1);
}

static void do_tlbsync(struct context *c)
{
	stats.events[STATS_TLBSYNC]++;
	vmcb_advance(c, INSN_BYTES - 1);
}

static bool is_64_bit(const struct context *c)
{
	return (c->save->efer & EFER_LMA) != 0 && (c->save->cs.attributes & BIT32(9)) != 0;
}

void exit_undefined(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	enum insn insn = decode(c);

	if (insn == INSN_NONE || (insn != INSN_PVALIDATE && !is_64_bit(c))) {
		inject_ud(c);
		return;
	}
	if (c->save->cpl != 0) {
		log_line("refused: an RMP or TLB instruction at CPL%u, VMPL%u rip 0x%lx: #GP",
			 (unsigned int)c->save->cpl, c->vmpl, c->save->rip);
		inject_gp(c);
		return;
	}
	switch (insn) {
	case INSN_PVALIDATE:
		do_pvalidate(c);
		break;
	case INSN_RMPADJUST:
		do_rmpadjust(c);
		break;
	case INSN_RMPQUERY:
		do_rmpquery(c);
		break;
	case INSN_INVLPGB:
		do_invlpgb(c);
		break;
	case INSN_TLBSYNC:
		do_tlbsync(c);
		break;
	case INSN_NONE:
		break;
	}
}
