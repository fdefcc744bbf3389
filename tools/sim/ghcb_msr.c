/* The GHCB MSR protocol: request and answer in MSR C001_0130 of the VMPL that asks. */
#include "snp/ghcb_msr.h"
#include "base/bits.h"
#include "cpuid.h"
#include "ghcb.h"
#include "log.h"
#include "params.h"
#include "stats.h"

#define GFN(msr)      bits_get((msr), 63, 12)
#define PSC_GFN_OF(m) bits_get((m), 51, 12)
#define PSC_OP_OF(m)  ((unsigned int)bits_get((m), 55, 52))
#define PSC_FAILED    BIT(63)
#define RUN_REFUSED   BIT(32)

void ghcb_terminate(const struct context *c, uint64_t set, uint64_t reason)
{
	log_fatal("VMPL%u asks to terminate: reason set %lu, reason %lu, rip 0x%lx", c->vmpl, set,
		  reason, c->save->rip);
}

static uint64_t answer_cpuid(uint64_t request)
{
	struct cpuid_regs r = cpuid_guest((uint32_t)(request >> 32), 0);
	const uint32_t values[4] = {r.eax, r.ebx, r.ecx, r.edx};

	stats.events[STATS_CPUID_REQUEST]++;
	return GHCB_MSR_CPUID_RESP | (request & MASK(31, 30)) |
	       ((uint64_t)values[bits_get(request, 31, 30)] << 32);
}

static uint64_t answer_register(struct vmpl_state *state, uint64_t request)
{
	state->has_ghcb = true;
	state->ghcb_gpa = GFN(request) << PAGE_SHIFT;
	return GHCB_MSR_REGISTER_GPA_RESP | (request & ~GHCB_MSR_CODE_MASK);
}

static uint64_t answer_unregister(struct vmpl_state *state)
{
	state->has_ghcb = false;
	return GHCB_MSR_UNREGISTER_GPA_RESP;
}

static uint64_t answer_psc(const struct context *c, uint64_t request)
{
	uint64_t error =
		psc_perform(c, PSC_OP_OF(request), PSC_GFN_OF(request) << PAGE_SHIFT, RMP_4K);

	return GHCB_MSR_PSC_RESP | (error != 0 ? PSC_FAILED : 0);
}

/* The answer waits in the caller's MSR until it is run again. */
static void run_vmpl(struct vcpu *vcpu, struct vmpl_state *state, uint64_t request)
{
	uint64_t target = bits_get(request, 39, 32);

	if (!vmpl_can_run(vcpu->states, target)) {
		log_line("refused: VMPL%u asks for VMPL%lu, which has no VMSA", vcpu->vmpl, target);
		state->ghcb_msr = GHCB_MSR_RUN_VMPL_RESP | RUN_REFUSED;
		return;
	}
	state->ghcb_msr = GHCB_MSR_RUN_VMPL_RESP;
	if (target != vcpu->vmpl) {
		vcpu_switch(vcpu, (unsigned int)target);
	}
}

void ghcb_msr_exit(struct vcpu *vcpu, struct context *c, uint64_t request)
{
	struct vmpl_state *state = &vcpu->states[c->vmpl];

	switch (request & GHCB_MSR_CODE_MASK) {
	case GHCB_MSR_SEV_INFO_REQ:
		state->ghcb_msr = vmpl_sev_info(params.c_bit);
		break;
	case GHCB_MSR_CPUID_REQ:
		state->ghcb_msr = answer_cpuid(request);
		break;
	case GHCB_MSR_AP_RESET_HOLD_REQ:
		ghcb_reset_hold(vcpu);
		break;
	case GHCB_MSR_PREFERRED_GPA_REQ:
		state->ghcb_msr = GHCB_MSR_PREFERRED_GPA_RESP | ~GHCB_MSR_CODE_MASK;
		break;
	case GHCB_MSR_REGISTER_GPA_REQ:
		state->ghcb_msr = answer_register(state, request);
		break;
	case GHCB_MSR_UNREGISTER_GPA_REQ:
		state->ghcb_msr = answer_unregister(state);
		break;
	case GHCB_MSR_PSC_REQ:
		state->ghcb_msr = answer_psc(c, request);
		break;
	case GHCB_MSR_RUN_VMPL_REQ:
		run_vmpl(vcpu, state, request);
		break;
	case GHCB_MSR_HV_FEATURES_REQ:
		state->ghcb_msr = GHCB_MSR_HV_FEATURES_RESP | (GHCB_FEATURES << 12);
		break;
	case GHCB_MSR_TERMINATE_REQ:
		ghcb_terminate(c, bits_get(request, 15, 12), bits_get(request, 23, 16));
	default:
		log_line("refused: GHCB MSR request 0x%lx of VMPL%u rip 0x%lx is unknown", request,
			 c->vmpl, c->save->rip);
		break;
	}
}
