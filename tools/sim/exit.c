/* The switch over exit codes, and the exits that take a line or two. */
#include "exit.h"

#include "base/bits.h"
#include "inject.h"
#include "log.h"
#include "model/event.h"
#include "params.h"
#include "snp/ghcb.h"
#include "stats.h"
#include "vmcb.h"
#include "walk.h"

#define VMGEXIT_BYTES 4
#define HLT_BYTES     1

/* Instructions of SVM itself: the guest has no EFER.SVME, so #UD. */
#define EXIT_INVLPGA 0x7A
#define EXIT_VMRUN   0x80
#define EXIT_VMLOAD  0x82
#define EXIT_SKINIT  0x86

static void count(enum stats_exit kind)
{
	stats.exits[kind]++;
}

static void exit_vmmcall(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	uint8_t code[VMGEXIT_BYTES];

	if (walk_fetch(c, code, 1) == 1 && (code[0] == 0xf3 || code[0] == 0xf2)) {
		count(STATS_VMGEXIT);
		vmcb_advance(c, VMGEXIT_BYTES);
		ghcb_exit(vcpu);
		return;
	}
	count(STATS_VMMCALL);
	inject_vc(c, EXIT_VMMCALL);
}

static void NORETURN exit_shutdown(const struct context *c)
{
	log_fatal("shutdown: triple fault at VMPL%u, rip 0x%lx, rsp 0x%lx, cr2 0x%lx, cr3 0x%lx",
		  c->vmpl, c->save->rip, c->save->rsp, c->save->cr2, c->save->cr3);
}

static void NORETURN exit_invalid(const struct context *c)
{
	log_fatal("VMRUN refused the state of VMPL%u (VMEXIT_INVALID): rip 0x%lx cr0 0x%lx cr3 "
		  "0x%lx cr4 0x%lx efer 0x%lx",
		  c->vmpl, c->save->rip, c->save->cr0, c->save->cr3, c->save->cr4, c->save->efer);
}

/* Exits that become #VC as they are. */
static bool becomes_vc(uint64_t code)
{
	switch (code) {
	case EXIT_CPUID:
		count(STATS_CPUID);
		return true;
	case EXIT_IOIO:
		count(STATS_IOIO);
		return true;
	case EXIT_DR7_READ:
	case EXIT_DR7_WRITE:
		count(STATS_DR7);
		return true;
	case EXIT_WBINVD:
	case EXIT_INVD:
		count(STATS_WBINVD);
		return true;
	case EXIT_RDPMC:
	case EXIT_MONITOR:
	case EXIT_MWAIT:
		count(STATS_OTHER);
		return true;
	default:
		return false;
	}
}

static void exit_rare(struct context *c, uint64_t code)
{
	if (code == EXIT_INVALID) {
		exit_invalid(c);
	}
	if (code == EXIT_SHUTDOWN) {
		exit_shutdown(c);
	}
	if (code == EXIT_INVLPGA || code == EXIT_VMRUN ||
	    (code >= EXIT_VMLOAD && code <= EXIT_SKINIT)) {
		inject_ud(c);
		return;
	}
	log_fatal("exit 0x%lx is not one this host expects (VMPL%u rip 0x%lx info 0x%lx 0x%lx)",
		  code, c->vmpl, c->save->rip, c->vmcb->exit_info_1, c->vmcb->exit_info_2);
}

/*
 * A nested fault can cut the delivery of an event short: once the page is there, the event goes on.
 * What the fault itself raised would have come out of the delivery: a double fault.
 */
static void exit_npf(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	uint64_t event = event_again(c->vmcb->exit_int_info);
	uint64_t rip = c->save->rip;

	count(STATS_NPF);
	exit_nested_fault(vcpu);
	if (event == 0) {
		return;
	}
	if (c->vmcb->event_inject != 0 || c->save->rip != rip) {
		log_fatal("shutdown: the delivery of event 0x%lx faults at VMPL%u, rip 0x%lx",
			  event, c->vmpl, rip);
	}
	if (EVENTINJ_TYPE(event) == EVENTINJ_TYPE_INTR) {
		inject_interrupt(c, (unsigned int)EVENTINJ_VECTOR(event));
	} else {
		c->vmcb->event_inject = event;
	}
}

void exit_handle(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);
	uint64_t code = c->vmcb->exit_code;

	if (params.trace) {
		log_line("exit 0x%lx VMPL%u rip 0x%lx info 0x%lx 0x%lx rax 0x%lx rcx 0x%lx", code,
			 c->vmpl, c->save->rip, c->vmcb->exit_info_1, c->vmcb->exit_info_2,
			 c->save->rax, c->gprs.rcx);
	}
	c->vmcb->event_inject = 0;
	if (becomes_vc(code)) {
		inject_vc(c, code);
		return;
	}
	switch (code) {
	case EXIT_NPF:
		exit_npf(vcpu);
		break;
	case EXIT_MSR:
		count(STATS_MSR);
		exit_msr(vcpu);
		break;
	case EXIT_VMMCALL:
		exit_vmmcall(vcpu);
		break;
	case EXIT_EXCP_UD:
		count(STATS_UD);
		exit_undefined(vcpu);
		break;
	case EXIT_NMI:
		count(STATS_NMI);
		break;
	case EXIT_HLT:
		/* VMPL0 waits, interrupts off: until its vCPU is given something else to run. */
		count(STATS_OTHER);
		vmcb_advance(c, HLT_BYTES);
		vcpu->is_parked = true;
		break;
	default:
		count(STATS_OTHER);
		exit_rare(c, code);
		break;
	}
}
