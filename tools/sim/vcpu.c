/* vCPUs, their loops, and VMPL switches. */
#include "vcpu.h"

#include <stdatomic.h>

#include "base/bits.h"
#include "exit.h"
#include "host.h"
#include "launch.h"
#include "log.h"
#include "memory.h"
#include "npt.h"
#include "params.h"
#include "smp.h"
#include "stats.h"
#include "trap.h"
#include "vmcb.h"
#include "walk.h"
#include "x86.h"
#include "x86/msr.h"

void entry_vmrun(uint64_t vmcb, struct gprs *gprs);

static struct vcpu *vcpus;
static unsigned int count;

void vcpu_init(unsigned int vcpus_wanted, uint32_t first_apic_id)
{
	struct context *c;

	count = vcpus_wanted;
	vcpus = memory_ptr(memory_alloc(count * sizeof(*vcpus), PAGE_SIZE));
	for (unsigned int i = 0; i < count; i++) {
		vcpus[i].apic_id = first_apic_id + i;
		vcpus[i].is_parked = vcpus[i].apic_id > 0; /* not on the machine's first CPU */
		vcpus[i].is_awake = true;
		vmpl_reset(vcpus[i].states, params.c_bit);
		for (unsigned int v = 0; v < VMPL_COUNT; v++) {
			c = &vcpus[i].contexts[v];
			c->vmpl = v;
			c->nested_root = npt_new_root();
			vmcb_prepare(c);
		}
	}
}

unsigned int vcpu_count(void)
{
	return count;
}

struct vcpu *vcpu_at(unsigned int index)
{
	return &vcpus[index];
}

struct vcpu *vcpu_by_apic_id(uint32_t apic_id)
{
	uint32_t index = apic_id - vcpus[0].apic_id;

	return index < count ? &vcpus[index] : NULL;
}

/* The VMSA page of a context if VMRUN takes it; otherwise the run ends and the log says why. */
static struct vmsa *vmsa_of(const struct vmpl_state *state, const struct context *c)
{
	struct vmsa *vmsa;
	uint64_t spa;

	if (!launch_find_vmsa(state->vmsa_gpa, &spa) && !memory_find(state->vmsa_gpa, &spa)) {
		log_fatal("VMEXIT_INVALID: VMPL%u has its VMSA at gpa 0x%lx, where there is no "
			  "memory",
			  c->vmpl, state->vmsa_gpa);
	}
	if (!rmp_can_run(&host_rmp, spa, state->vmsa_gpa)) {
		log_fatal("VMEXIT_INVALID: gpa 0x%lx is no VMSA page in the RMP (VMPL%u)",
			  state->vmsa_gpa, c->vmpl);
	}
	vmsa = memory_ptr(spa);
	if ((vmsa->efer & EFER_SVME) == 0) {
		log_fatal("VMEXIT_INVALID: the VMSA at gpa 0x%lx has EFER.SVME clear (VMPL%u)",
			  state->vmsa_gpa, c->vmpl);
	}
	if (vmsa->vmpl != c->vmpl || vmsa->sev_features != VMPL_FEATURES) {
		log_fatal("VMEXIT_INVALID: the VMSA at gpa 0x%lx is for VMPL%u with SEV_FEATURES "
			  "0x%lx, "
			  "not for VMPL%u",
			  state->vmsa_gpa, (unsigned int)vmsa->vmpl, vmsa->sev_features, c->vmpl);
	}
	rmp_entry(&host_rmp, spa)->flags |= RMP_IN_USE;
	return vmsa;
}

static void release_vmsa(const struct vmsa *vmsa)
{
	rmp_entry(&host_rmp, memory_pa_of(vmsa))->flags &= (uint8_t)~RMP_IN_USE;
}

/* Calls are counted by what the caller's VMSA holds in RAX when it asks and when it runs again. */
static void observe_call(struct vcpu *vcpu, unsigned int target)
{
	struct context *from = vcpu_context(vcpu);
	struct context *to = &vcpu->contexts[target];
	uint64_t spa;

	if (from->vmpl != 0 && target == 0) {
		from->has_call = true;
		from->call = from->vmsa->rax;
		return;
	}
	if (from->vmpl != 0) {
		return;
	}
	if (to->has_call && memory_find(vcpu->states[target].vmsa_gpa, &spa)) {
		uint64_t result = ((const struct vmsa *)memory_ptr(spa))->rax;

		to->has_call = false;
		stats_call(to->call, result);
		stay_end_call(&vcpu->stay, to->call, result);
	} else {
		stay_end(&vcpu->stay);
	}
}

/* The running VMPL's registers go back to its VMSA, with why it left. */
static void unload(struct vcpu *vcpu, uint64_t exit_code)
{
	struct context *c = vcpu_context(vcpu);

	if (!c->is_loaded) {
		return;
	}
	vmcb_store(c);
	if (smp_holder() == vcpu) {
		vmcb_store_fpu(c);
	}
	c->vmsa->guest_exitcode = exit_code;
	c->vmsa->guest_exitinfo1 = 0;
	c->vmsa->guest_exitinfo2 = 0;
	c->is_loaded = false;
	release_vmsa(c->vmsa);
}

void vcpu_switch(struct vcpu *vcpu, unsigned int vmpl)
{
	unload(vcpu, EXIT_VMGEXIT);
	observe_call(vcpu, vmpl);
	stats.vmpl_switches++;
	vcpu->vmpl = vmpl;
}

void vcpu_restart(struct vcpu *vcpu, unsigned int vmpl)
{
	smp_stop(vcpu);
	unload(vcpu, EXIT_INTR);
	vcpu->generation++;
	vcpu->vmpl = vmpl;
	vcpu->contexts[vmpl].has_call = false;
	if (vcpu->is_parked) {
		smp_wake(vcpu);
	}
}

void vcpu_park(struct vcpu *vcpu)
{
	smp_stop(vcpu);
	unload(vcpu, EXIT_INTR);
	vcpu->generation++;
	vcpu->is_parked = true;
}

static void load(struct vcpu *vcpu, struct context *c)
{
	vmcb_load(c, vmsa_of(&vcpu->states[c->vmpl], c));
	c->is_loaded = true;
}

/* One run of the guest, outside the lock. False: another CPU changed what runs here meanwhile. */
static bool run_guest(struct vcpu *vcpu, struct context *c)
{
	uint32_t generation = vcpu->generation;
	uint64_t vmcb = memory_pa_of(c->vmcb);
	uint64_t start, ticks;

	vcpu->is_in_guest = true;
	smp_unlock();
	start = rdtsc();
	entry_vmrun(vmcb, &c->gprs);
	ticks = rdtsc() - start;
	vcpu->is_in_guest = false;
	smp_lock();
	smp_set_holder(vcpu);
	if (c->vmpl == 0) {
		stay_add(&vcpu->stay, ticks, c->vmcb->exit_code);
	}
	return vcpu->generation == generation;
}

/* An NMI that no other CPU sent asks for statistics. */
static void take_nmi(struct vcpu *vcpu)
{
	if (trap_take_nmi() && !atomic_exchange(&vcpu->is_nudged, false)) {
		stats_write(NULL);
	}
}

/*
 * A host may run VMPL0 when nobody asked for it. The SVSM has to see that by itself: the VMSA's
 * exit code is not VMGEXIT, and no call is pending. Not with an event that is still to be injected.
 */
static void enter_unasked(struct vcpu *vcpu)
{
	const struct context *c = vcpu_context(vcpu);

	if (params.spurious == 0 || vcpu->exits % params.spurious != 0 || c->vmpl == 0 ||
	    !c->is_loaded || c->vmcb->event_inject != 0 || !vcpu->states[0].has_vmsa) {
		return;
	}
	unload(vcpu, EXIT_INTR);
	stats.events[STATS_SPURIOUS]++;
	stats.vmpl_switches++;
	vcpu->vmpl = 0;
}

/*
 * A host may take any page back. This one takes the top of VMPL0's stack while a lower VMPL runs:
 * the SVSM has to notice by #VC and must not go on.
 */
static void steal_page(struct vcpu *vcpu)
{
	const struct context *c = &vcpu->contexts[0];
	struct walk walk;

	if (params.steal == 0 || vcpu->exits < params.steal || vcpu->vmpl == 0) {
		return;
	}
	params.steal = 0;
	if (walk_translate(c, c->save->rsp, &walk) != WALK_OK ||
	    host_make_shared(align_down(walk.gpa, PAGE_SIZE), RMP_4K) != ERR_OK) {
		log_fatal("nothing to steal at VMPL0 rsp 0x%lx", c->save->rsp);
	}
	log_line("host: takes gpa 0x%lx, VMPL0's stack, away", walk.gpa);
}

static void run_once(struct vcpu *vcpu)
{
	struct context *c = vcpu_context(vcpu);

	if (!c->is_loaded) {
		load(vcpu, c);
	}
	if (run_guest(vcpu, c)) {
		exit_handle(vcpu);
	} else if (c->vmpl == 0) {
		/* Another CPU took VMPL0 from here; a lower VMPL's page may be the guest's again.
		 */
		vmcb_store_fpu(c);
	}
	take_nmi(vcpu);
	enter_unasked(vcpu);
	steal_page(vcpu);
	if (++vcpu->exits == params.max_exits) {
		log_fatal("max_exits reached at VMPL%u rip 0x%lx", c->vmpl, c->save->rip);
	}
}

void vcpu_run(struct vcpu *vcpu)
{
	smp_lock();
	smp_set_holder(vcpu);
	for (;;) {
		if (vcpu->is_parked) {
			smp_park(vcpu);
		} else {
			run_once(vcpu);
		}
	}
}
