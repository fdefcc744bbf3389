/* What happens at each kind of exit. */
#pragma once

#include "vcpu.h"

/* Handles the exit that the vCPU has just taken. */
void exit_handle(struct vcpu *vcpu);

/* exit_msr.c: reads and writes that hardware does not intercept; the rest becomes #VC. */
void exit_msr(struct vcpu *vcpu);
/* exit_insn.c: #UD: the RMP instructions, INVLPGB, TLBSYNC; the rest goes back to the guest. */
void exit_undefined(struct vcpu *vcpu);
/* exit_npf.c: nested faults. */
void exit_nested_fault(struct vcpu *vcpu);
/* ghcb.c: VMGEXIT; RIP has been advanced already. */
void ghcb_exit(struct vcpu *vcpu);
