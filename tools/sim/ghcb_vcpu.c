/* Events about vCPUs and VMPLs. */
#include "base/bits.h"
#include "base/mem.h"
#include "ghcb.h"
#include "host.h"
#include "log.h"
#include "smp.h"
#include "stats.h"

/*
 * A new VMSA runs at once, whatever VMPL the vCPU was in; what it ran goes back to its own VMSA. A
 * VMPL that is taken away while it runs leaves the vCPU with nothing to do.
 */
static void act_on_other(struct vcpu *target, unsigned int vmpl, uint64_t action)
{
	if (action == AP_CREATE) {
		vcpu_restart(target, vmpl);
		smp_let_start(smp_holder(), target);
	} else if (action == AP_DESTROY && target->vmpl == vmpl && !target->is_parked) {
		vcpu_park(target);
	}
}

/* Nobody sends start-up IPIs under SNP: the vCPU waits until it is given another VMSA. */
void ghcb_reset_hold(struct vcpu *vcpu)
{
	log_line("host: vCPU %u waits for a new VMSA, VMPL%u", vcpu->apic_id, vcpu->vmpl);
	vcpu_park(vcpu);
}

void ghcb_ap_creation(struct ghcb_call *call)
{
	const struct ghcb_request *r = &call->request;
	struct vcpu *target = vcpu_by_apic_id((uint32_t)(r->info_1 >> 32));
	struct vmpl_create request = {
		.caller_vmpl = call->context->vmpl,
		.is_own_vcpu = target == call->vcpu,
		.raw_info_1 = r->info_1 & 0xffffffff,
		.vmsa_gpa = r->info_2,
		.features = r->rax,
	};
	uint64_t vmpl = bits_get(r->info_1, 19, 16);
	uint32_t bad;

	if (target == NULL) {
		ghcb_malformed(call, GHCB_BAD_INPUT);
		return;
	}
	bad = vmpl_create(target->states, &request);
	if (bad != 0) {
		ghcb_malformed(call, bad);
		return;
	}
	log_line("host: VMPL%u of vCPU %u: action %lu, VMSA gpa 0x%lx", (unsigned int)vmpl,
		 target->apic_id, r->info_1 & 3, r->info_2);
	if (target != call->vcpu) {
		act_on_other(target, (unsigned int)vmpl, r->info_1 & 3);
	}
	if (vmpl > stats.guest_vmpl) {
		stats.guest_vmpl = (unsigned int)vmpl;
	}
}

/* RAX: pages the caller has at info 1. Too few: the number it takes, and nothing is written. */
void ghcb_apic_ids(struct ghcb_call *call)
{
	uint64_t bytes = (1 + vcpu_count()) * sizeof(uint32_t);
	uint64_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
	uint32_t *ids;

	GHCB_SET(call, rax, pages);
	if (call->request.rax < pages) {
		return;
	}
	/* VCPU_MAX ids fit one page. */
	ids = host_shared(call->request.info_1, PAGE_SIZE);
	if (ids == NULL) {
		ghcb_malformed(call, GHCB_BAD_INPUT);
		return;
	}
	GHCB_SET(call, rax, call->request.rax);
	memset(ids, 0, PAGE_SIZE);
	ids[0] = vcpu_count();
	for (uint32_t i = 0; i < vcpu_count(); i++) {
		ids[i + 1] = vcpu_at(i)->apic_id;
	}
}

void ghcb_run_vmpl(struct ghcb_call *call)
{
	struct vcpu *vcpu = call->vcpu;
	uint64_t target = call->request.info_1;

	if (!vmpl_can_run(vcpu->states, target)) {
		log_line("refused: VMPL%u asks for VMPL%lu, which has no VMSA", vcpu->vmpl, target);
		ghcb_malformed(call, GHCB_BAD_INPUT);
		return;
	}
	if (target != vcpu->vmpl) {
		vcpu_switch(vcpu, (unsigned int)target);
	}
}
