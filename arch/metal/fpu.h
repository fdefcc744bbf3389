/* x87 and SSE registers: a service's, or nobody's. */
#pragma once

/* Loads `to` (ARCH_FPU_BYTES), after what was loaded is stored where it came from. NULL: clean
 * registers, and instructions that would use them fault. */
void fpu_switch(void *to);
