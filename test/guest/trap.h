/* Exceptions of the test guest: #VC for CPUID, ports and the SVSM's MSR; faults of probes. */
#pragma once

#include <stdint.h>

/* The one interrupt vector there is. */
#define TRAP_INTERRUPT 32

/* Loads the IDT. */
void trap_start(void);

/*
 * Reads a word of memory that may not be accessible: 0 and the value, or vector << 32 | error code
 * of the exception it caused.
 */
uint64_t trap_probe(uint64_t gpa, uint64_t *value);

/* For a guest that turns interrupts on; `rip` is where it was interrupted. */
typedef void trap_interrupt(uint64_t rip);
void trap_take_interrupts(trap_interrupt *handler);

#define TRAP_PROBE_VC(code) ((UINT64_C(29) << 32) | (code))
