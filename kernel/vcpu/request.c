/*
 * One call, in the order of publication 58019: SVME off, look at the calling area and at why the
 * guest left, perform, write results, clear the pending byte, SVME on.
 */
#include "request.h"

#include "arch/cpu.h"
#include "arch/guest.h"
#include "arch/host.h"
#include "base/bits.h"
#include "ipc/route.h"
#include "log.h"
#include "mm/deposit.h"
#include "mm/guestmem.h"
#include "snp/ghcb.h"
#include "snp/rmp.h"
#include "snp/vmsa.h"
#include "svsm/protocol.h"
#include "vcpu/registry.h"
#include "vcpu/vcpu.h"
#include "x86/msr.h"

/*
 * Does a CPU run it at this moment? Clearing SVME does not stop one that does, and its next exit
 * sets the bit again.
 */
static bool is_running(struct vmsa *vmsa, unsigned int vmpl)
{
	return arch_vmsa_runs(vmsa, vmpl == VMPL_COUNT - 1 ? vmpl - 1 : VMPL_COUNT - 1);
}

/* True when the guest asked by VMGEXIT; its registers are then in *call. SVME is off afterwards. */
static bool open_call(gpa_t vmsa_gpa, unsigned int vmpl, struct route_call *call)
{
	struct vmsa *vmsa = arch_vmsa_map(vmsa_gpa);
	bool asked;

	/* Seen by every CPU before anything is looked at: VMRUN elsewhere must not slip between. */
	__atomic_fetch_and(&vmsa->efer, ~EFER_SVME, __ATOMIC_SEQ_CST);
	asked = !is_running(vmsa, vmpl) && vmsa->guest_exitcode == EXIT_VMGEXIT;
	*call = (struct route_call){
		.protocol = SVSM_CALL_PROTOCOL(vmsa->rax),
		.call = SVSM_CALL_ID(vmsa->rax),
		.vmpl = vmpl,
		.vcpu = vcpu_this()->apic_id,
		.rcx = vmsa->rcx,
		.rdx = vmsa->rdx,
		.r8 = vmsa->r8,
		.r9 = vmsa->r9,
	};
	arch_vmsa_unmap();
	return asked;
}

static void close_call(gpa_t vmsa_gpa, const struct route_call *call, bool answered)
{
	struct vmsa *vmsa = arch_vmsa_map(vmsa_gpa);

	if (answered) {
		vmsa->rax = call->result;
		vmsa->rcx = call->rcx;
		vmsa->rdx = call->rdx;
		vmsa->r8 = call->r8;
		vmsa->r9 = call->r9;
	}
	__atomic_fetch_or(&vmsa->efer, EFER_SVME, __ATOMIC_SEQ_CST);
	arch_vmsa_unmap();
}

static void answer(uint8_t pending, struct route_call *call)
{
	if (pending == 1) {
		route_dispatch(call);
	} else {
		call->result = SVSM_ERR_INVALID_FORMAT;
	}
}

bool request_handle(const struct registry_entry *entry)
{
	const gpa_t caa = entry->caa;
	struct route_call call;
	uint8_t pending = 0;
	bool asked;

	asked = open_call(entry->vmsa, entry->vmpl, &call);
	/* A calling area that the guest or the host took away: nothing was asked. */
	asked = asked && guestmem_read(caa, &pending, 1, entry->vmpl) == ERR_OK && pending != 0;
	if (asked) {
		uint8_t done[2] = {0};

		answer(pending, &call);
		done[1] = deposit_is_available();
		/* REMAP_CA has cleared the byte of the area it left, which may be anybody's now. */
		if (gpa_equal(entry->caa, caa) &&
		    guestmem_write(caa, done, sizeof(done), entry->vmpl) != ERR_OK) {
			log_notice("vCPU %x VMPL%u: calling area %lx is gone", call.vcpu,
				   entry->vmpl, caa.value);
		}
	}
	close_call(entry->vmsa, &call, asked);
	return asked;
}

/*
 * Whoever may have called on this vCPU: the host does not say, and would not be believed. *asked
 * gets a bit for each VMPL that did. Returned is one for each that is there.
 */
static unsigned int serve_once(struct vcpu *vcpu, unsigned int *asked, bool *passed_over)
{
	unsigned int cursor = 0;
	unsigned int present = 0;
	struct registry_entry *entry;

	while ((entry = registry_enter(vcpu->apic_id, &cursor, passed_over)) != NULL) {
		vcpu->caller = entry;
		present |= BIT32(entry->vmpl);
		if (request_handle(entry)) {
			*asked |= BIT32(entry->vmpl);
		}
		vcpu->caller = NULL;
		registry_leave(entry);
	}
	return present;
}

/*
 * False: there is nobody to run at the vCPU's VMPL. Of several that asked the most privileged goes
 * on: a lower one that looks as if it asked all the time must not take the vCPU from it.
 *
 * An entry that another CPU holds is waited for: a deletion that is refused must not cost its vCPU
 * the call it was just making, or leave it here for ever.
 */
static bool serve_all(struct vcpu *vcpu)
{
	unsigned int asked = 0;

	for (;;) {
		bool passed_over = false;
		unsigned int present = serve_once(vcpu, &asked, &passed_over);

		if (passed_over) {
			__builtin_ia32_pause();
			continue;
		}
		if ((asked & present) != 0) {
			vcpu->vmpl = (unsigned int)__builtin_ctz(asked & present);
		}
		return (present & BIT32(vcpu->vmpl)) != 0;
	}
}

/* A refusal is no reason to end: a VMSA that a guest announced may not have been given to the host
 * yet. */
static void run(const struct vcpu *vcpu)
{
	if (arch_host_run_vmpl(vcpu->vmpl) != ERR_OK) {
		log_warn("vCPU %x: the host does not run VMPL%u", vcpu->apic_id, vcpu->vmpl);
		arch_idle();
	}
}

void request_loop(void)
{
	struct vcpu *vcpu = vcpu_this();

	for (;;) {
		if (serve_all(vcpu)) {
			run(vcpu);
		} else {
			arch_idle();
		}
	}
}
