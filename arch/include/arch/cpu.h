/* The seam: who am I, what time is it, randomness, and how to stop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

/* As many vCPUs as the window page tables have room for. */
#define CPU_MAX 256

/* Index of this CPU: 0 for the first, below CPU_MAX. */
unsigned int arch_cpu_index(void);

/* Waits until the host has something for this CPU; returns at any time, for no reason too. */
void arch_idle(void);

/*
 * Starts another CPU of the SVSM: index below CPU_MAX, with the host's APIC id. It calls main_cpu()
 * with its index. ERR_NOMEM, ERR_HOST.
 */
enum err arch_cpu_start(unsigned int index, uint32_t apic_id);

/* TSC ticks since some moment, not secure: the host can lie. For budgets only, never for secrets.
 */
uint64_t arch_ticks(void);

/* Fills dst from RDRAND, and RDSEED where there is one; ERR_FAULT when RDRAND does not give. */
enum err arch_random(void *dst, size_t bytes);

/* Ends the guest through the GHCB MSR protocol with Keel's reason set. */
NORETURN void arch_terminate(unsigned int reason);

/* Bytes to the serial port; silently nothing before it is up. */
void arch_console_write(const char *text, size_t bytes);
