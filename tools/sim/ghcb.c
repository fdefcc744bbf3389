/* VMGEXIT: which protocol, is the GHCB registered, is the request complete; then the event. */
#include "ghcb.h"

#include "base/bits.h"
#include "cpuid.h"
#include "exit.h"
#include "host.h"
#include "log.h"
#include "params.h"
#include "probe.h"
#include "stats.h"
#include "x86.h"

void ghcb_result(struct ghcb_call *call, uint64_t info_1, uint64_t info_2)
{
	GHCB_SET(call, exit_info_1, info_1);
	GHCB_SET(call, exit_info_2, info_2);
}

void ghcb_malformed(struct ghcb_call *call, uint32_t reason)
{
	const struct ghcb_request *r = &call->request;

	log_line("refused: GHCB event 0x%lx of VMPL%u rip 0x%lx: reason %u (info 0x%lx 0x%lx "
		 "scratch "
		 "0x%lx valid 0x%lx 0x%lx)",
		 r->code, call->context->vmpl, call->context->save->rip, reason, r->info_1,
		 r->info_2, r->scratch, r->valid[0], r->valid[1]);
	ghcb_result(call, GHCB_RESULT_MALFORMED, reason);
}

void ghcb_inject_gp(struct ghcb_call *call)
{
	ghcb_result(call, GHCB_RESULT_EXCEPTION,
		    13 | EVENTINJ_TYPE_EXCEPTION | EVENTINJ_VALID | EVENTINJ_ERROR_VALID);
}

void *ghcb_scratch(struct ghcb_call *call, uint64_t bytes)
{
	uint32_t offset = ghcb_check_scratch(&call->request, call->gpa, bytes);

	if (offset == 0) {
		ghcb_malformed(call, GHCB_BAD_SCRATCH);
		return NULL;
	}
	return (uint8_t *)call->page + offset;
}

static void event_cpuid(struct ghcb_call *call)
{
	struct cpuid_regs r = cpuid_guest((uint32_t)call->request.rax, (uint32_t)call->request.rcx);

	stats.events[STATS_CPUID_REQUEST]++;
	GHCB_SET(call, rax, r.eax);
	GHCB_SET(call, rbx, r.ebx);
	GHCB_SET(call, rcx, r.ecx);
	GHCB_SET(call, rdx, r.edx);
}

static void event_tsc(struct ghcb_call *call)
{
	uint64_t now = rdtsc();

	GHCB_SET(call, rax, now & 0xffffffff);
	GHCB_SET(call, rdx, now >> 32);
	if (call->request.code == EXIT_RDTSCP) {
		GHCB_SET(call, rcx, call->context->vmsa->tsc_aux);
	}
}

/* What hardware counters and leaves of a hypervisor nobody runs on would say. */
static void event_nothing(struct ghcb_call *call)
{
	if (call->request.code == EXIT_RDPMC || call->request.code == EXIT_DR7_READ) {
		GHCB_SET(call, rax, call->request.code == EXIT_DR7_READ ? VMSA_RESET_DR7 : 0);
		GHCB_SET(call, rdx, 0);
	}
	if (call->request.code == EXIT_VMMCALL) {
		/* KVM_ENOSYS: no hypercall of this host. */
		GHCB_SET(call, rax, ~UINT64_C(0) - 999);
	}
}

/* Events that end here; false: not one of them. */
static bool event_simple(struct ghcb_call *call)
{
	switch (call->request.code) {
	case EXIT_CPUID:
		event_cpuid(call);
		return true;
	case EXIT_RDTSC:
	case EXIT_RDTSCP:
		event_tsc(call);
		return true;
	case EXIT_DR7_READ:
	case EXIT_DR7_WRITE:
	case EXIT_RDPMC:
	case EXIT_INVD:
	case EXIT_WBINVD:
	case EXIT_VMMCALL:
	case EXIT_MONITOR:
	case EXIT_MWAIT:
	case GHCB_EVENT_NMI_COMPLETE:
		event_nothing(call);
		return true;
	case GHCB_EVENT_HV_FEATURES:
		ghcb_result(call, 0, GHCB_FEATURES);
		return true;
	default:
		return false;
	}
}

/* One address for all vCPUs, kept for the guest: info 1 says whether it is set (0) or asked (1). */
static void event_jump_table(struct ghcb_call *call)
{
	static uint64_t table;

	if (call->request.info_1 > 1) {
		ghcb_malformed(call, GHCB_BAD_INPUT);
		return;
	}
	if (call->request.info_1 == 0) {
		table = call->request.info_2;
	}
	ghcb_result(call, GHCB_RESULT_OK, table);
}

static void event_unsupported(const struct ghcb_call *call)
{
	log_fatal("VMPL%u rip 0x%lx reports an event it cannot handle: 0x%lx", call->context->vmpl,
		  call->context->save->rip, call->request.info_1);
}

static void event(struct ghcb_call *call)
{
	const struct ghcb_request *r = &call->request;

	switch (r->code) {
	case EXIT_IOIO:
		ghcb_ioio(call);
		break;
	case EXIT_MSR:
		ghcb_msr_access(call);
		break;
	case GHCB_EVENT_MMIO_READ:
	case GHCB_EVENT_MMIO_WRITE:
		ghcb_mmio(call, r->code == GHCB_EVENT_MMIO_WRITE);
		break;
	case GHCB_EVENT_PSC:
		psc_event(call);
		break;
	case GHCB_EVENT_GUEST_REQUEST:
	case GHCB_EVENT_EXT_REQUEST:
		ghcb_guest_request(call, r->code == GHCB_EVENT_EXT_REQUEST);
		break;
	case GHCB_EVENT_AP_CREATION:
		ghcb_ap_creation(call);
		break;
	case GHCB_EVENT_GET_APIC_IDS:
		ghcb_apic_ids(call);
		break;
	case GHCB_EVENT_AP_JUMP_TABLE:
		event_jump_table(call);
		break;
	case GHCB_EVENT_RUN_VMPL:
		ghcb_run_vmpl(call);
		break;
	case GHCB_EVENT_AP_RESET_HOLD:
		ghcb_reset_hold(call->vcpu);
		break;
	case GHCB_EVENT_TERMINATE:
		ghcb_terminate(call->context, bits_get(r->info_1, 3, 0),
			       bits_get(r->info_1, 11, 4));
	case GHCB_EVENT_UNSUPPORTED:
		event_unsupported(call);
		break;
	default:
		if (r->code == PROBE_EVENT && params.probe) {
			probe_event(call);
		} else {
			ghcb_malformed(call, GHCB_BAD_EVENT);
		}
		break;
	}
}

static struct ghcb *page_of(const struct context *c, uint64_t gpa)
{
	struct ghcb *page = host_shared(gpa, PAGE_SIZE);

	if (page == NULL) {
		log_fatal("VMPL%u rip 0x%lx: VMGEXIT with a GHCB at gpa 0x%lx, which is no shared "
			  "page",
			  c->vmpl, c->save->rip, gpa);
	}
	return page;
}

void ghcb_exit(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	struct vmpl_state *state = &vcpu->states[c->vmpl];
	struct ghcb_call call = {.vcpu = vcpu, .context = c, .gpa = state->ghcb_msr};
	uint32_t bad;

	if ((state->ghcb_msr & GHCB_MSR_CODE_MASK) != 0) {
		ghcb_msr_exit(vcpu, c, state->ghcb_msr);
		return;
	}
	call.page = page_of(c, call.gpa);
	ghcb_check_take(call.page, &call.request);
	ghcb_result(&call, GHCB_RESULT_OK, 0);
	if (!state->has_ghcb || state->ghcb_gpa != call.gpa) {
		ghcb_malformed(&call, GHCB_BAD_NOT_REGISTERED);
		return;
	}
	/* Like KVM, this host does not look at the protocol version: stock OVMF leaves it 0 at
	 * times. */
	if (call.page->usage != 0) {
		ghcb_malformed(&call, GHCB_BAD_USAGE);
		return;
	}
	bad = ghcb_check_inputs(&call.request);
	if (bad != 0) {
		ghcb_malformed(&call, bad);
		return;
	}
	if (!event_simple(&call)) {
		event(&call);
	}
}
