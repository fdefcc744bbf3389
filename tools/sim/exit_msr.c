/*
 * MSRs. Hardware passes the ones below to the guest without an exit; TCG cannot pass EFER, PAT, the
 * GHCB MSR and SEV_STATUS, so they are served here and the guest sees no #VC.
 */
#include "base/bits.h"
#include "exit.h"
#include "inject.h"
#include "snp/ghcb.h"
#include "snp/ghcb_msr.h"
#include "vmcb.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define MSR_BYTES 2

#define EFER_GUEST (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | BIT(14))

static bool msr_read(struct vcpu *vcpu, const struct context *c, uint32_t msr, uint64_t *value)
{
	switch (msr) {
	case MSR_EFER:
		*value = c->save->efer & ~EFER_SVME;
		return true;
	case MSR_PAT:
		*value = c->save->g_pat;
		return true;
	case MSR_GHCB:
		*value = vcpu->states[c->vmpl].ghcb_msr;
		return true;
	case MSR_SEV_STATUS:
		*value = SEV_STATUS_SEV | SEV_STATUS_SEV_ES | (c->vmsa->sev_features << 2);
		return true;
	default:
		return false;
	}
}

static void efer_write(struct context *c, uint64_t value)
{
	uint64_t old = c->save->efer;
	bool paging = (c->save->cr0 & CR0_PG) != 0;

	value &= ~EFER_SVME;
	if ((value & ~EFER_GUEST) != 0 || (paging && ((value ^ old) & EFER_LME) != 0)) {
		inject_gp(c);
		return;
	}
	c->save->efer = (value & ~EFER_LMA) | (old & EFER_LMA) | EFER_SVME;
	vmcb_advance(c, MSR_BYTES);
}

/* True when the write is one the hardware lets through. */
static bool msr_write(struct vcpu *vcpu, struct context *c, uint32_t msr, uint64_t value)
{
	switch (msr) {
	case MSR_EFER:
		efer_write(c, value);
		return true;
	case MSR_PAT:
		c->save->g_pat = value;
		break;
	case MSR_GHCB:
		vcpu->states[c->vmpl].ghcb_msr = value;
		break;
	case MSR_SEV_STATUS:
		inject_gp(c);
		return true;
	default:
		return false;
	}
	vmcb_advance(c, MSR_BYTES);
	return true;
}

void exit_msr(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	uint32_t msr = (uint32_t)c->gprs.rcx;
	uint64_t value = (c->gprs.rdx << 32) | (uint32_t)c->save->rax;

	if (c->vmcb->exit_info_1 != 0) {
		if (!msr_write(vcpu, c, msr, value)) {
			inject_vc(c, EXIT_MSR);
		}
		return;
	}
	if (!msr_read(vcpu, c, msr, &value)) {
		inject_vc(c, EXIT_MSR);
		return;
	}
	c->save->rax = (uint32_t)value;
	c->gprs.rdx = value >> 32;
	vmcb_advance(c, MSR_BYTES);
}
