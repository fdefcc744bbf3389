/* Exceptions taken at CPL0, and the installation of all gates. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

/* As the entry code leaves it on the IST stack. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

#define TRAP_VECTORS 256

/* From trap_entry.S: one entry point per vector, sixteen bytes each. */
extern const uint8_t trap_entries[TRAP_VECTORS][16];

/* Called by trap_entry.S for every exception at CPL0. Returns only where it mended the cause. */
void trap_kernel(struct trap_frame *frame);

/* Says so if the host raised events in VMPL0. Called where neither log nor GHCB is in use. */
void trap_report_injected(void);

/* Loads an IDT whose gates have no stack of their own yet. */
void trap_load_idt(void);

/* For the VMSA of another CPU: all share one IDT. */
uint64_t trap_idt_base(void);
uint32_t trap_idt_limit(void);

/* Gives each vector its IST stack; the TSS is loaded. */
void trap_use_ist(void);
