/*
 * Exceptions for the guest. #VC goes through the guest's IDT by hand: TCG would not push its error
 * code. All others are the CPU's business.
 */
#pragma once

#include <stdint.h>

#include "vcpu.h"

/* #VC with an exit code. Ends the run when the guest's tables do not let it be delivered. */
void inject_vc(struct context *c, uint64_t code);
void inject_ud(struct context *c);
void inject_gp(struct context *c);
void inject_pf(struct context *c, uint64_t va, uint32_t error);
