/*
 * Events for the guest. #VC goes through the guest's IDT by hand: TCG would not push its error
 * code. So do interrupts: TCG delivers an injected one a second time, whatever RFLAGS.IF says, when
 * its loop next ends without an exception or exit in between. All others are the CPU's business.
 */
#pragma once

#include <stdint.h>

#include "vcpu.h"

/* #VC with an exit code. Ends the run when the guest's tables do not let it be delivered. */
void inject_vc(struct context *c, uint64_t code);
void inject_interrupt(struct context *c, unsigned int vector);
void inject_ud(struct context *c);
void inject_gp(struct context *c);
void inject_pf(struct context *c, uint64_t va, uint32_t error);
