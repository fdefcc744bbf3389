/*
 * The simulated vCPUs. Each has one context per VMPL: a VMCB, nested tables (which are that VMPL's
 * TLB) and the registers while it runs. When a VMPL does not run, its VMSA page is the truth.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "model/vmpl.h"
#include "offsets.h"
#include "snp/vmsa.h"
#include "stay.h"

#define VCPU_MAX 64

struct gprs {
	uint64_t rbx;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rsi;
	uint64_t rdi;
	uint64_t rbp;
	uint64_t r8_r15[8];
};
ABI_OFFSET(struct gprs, rbx, GPRS_RBX);
ABI_OFFSET(struct gprs, rcx, GPRS_RCX);
ABI_OFFSET(struct gprs, rdx, GPRS_RDX);
ABI_OFFSET(struct gprs, rsi, GPRS_RSI);
ABI_OFFSET(struct gprs, rdi, GPRS_RDI);
ABI_OFFSET(struct gprs, rbp, GPRS_RBP);
ABI_OFFSET(struct gprs, r8_r15, GPRS_R8);

struct vmcb;

struct context {
	struct vmcb *vmcb;
	struct vmsa *save; /* the VMCB's save area: its fields lie where the VMSA has them */
	struct vmsa *vmsa; /* the VMSA page of the run in progress */
	struct gprs gprs;
	uint64_t nested_root;
	unsigned int vmpl;
	bool is_loaded;
	/* An SVSM call of this VMPL that VMPL0 has not come back from. */
	bool has_call;
	uint64_t call;
	/* The last nested fault, to notice one that does not go away. */
	uint64_t fault_gpa;
	uint64_t fault_exit;
	unsigned int fault_repeats;
};

struct vcpu {
	uint32_t apic_id;
	unsigned int vmpl; /* the one that runs */
	uint64_t exits;
	struct stay stay;
	/* Counts changes that another CPU made to what runs here: an exit from before is void. */
	uint32_t generation;
	_Atomic bool
		is_in_guest; /* set with the lock, cleared by its CPU when the guest has left */
	_Atomic bool is_parked; /* nothing to run; cleared by whoever gives it something */
	_Atomic bool is_awake; /* its CPU is not in smp_park() */
	_Atomic bool is_nudged; /* the next NMI is from another CPU */
	struct vmpl_state states[VMPL_COUNT];
	struct context contexts[VMPL_COUNT];
};

/* All vCPUs of the guest; the first is the boot vCPU. A vCPU has the APIC id of its CPU. */
void vcpu_init(unsigned int count, uint32_t first_apic_id);
unsigned int vcpu_count(void);
struct vcpu *vcpu_at(unsigned int index);
struct vcpu *vcpu_by_apic_id(uint32_t apic_id);

/* Runs a vCPU for ever; runs end in log_end(). */
void vcpu_run(struct vcpu *vcpu) NORETURN;
/* Leaves the running VMPL for another; the reason goes into the VMSA. */
void vcpu_switch(struct vcpu *vcpu, unsigned int vmpl);
/* Stops what a vCPU runs, on whatever CPU; then runs a VMPL from its VMSA, or nothing. */
void vcpu_restart(struct vcpu *vcpu, unsigned int vmpl);
void vcpu_park(struct vcpu *vcpu);

static inline struct context *vcpu_context(struct vcpu *vcpu)
{
	return &vcpu->contexts[vcpu->vmpl];
}
