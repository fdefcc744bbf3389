/* The VMCB (APM volume 2, appendix B) and its exchange with the VMSA. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "vcpu.h"

struct vmcb {
	uint32_t intercept_cr;
	uint32_t intercept_dr;
	uint32_t intercept_exceptions;
	uint32_t intercept_1;
	uint32_t intercept_2;
	uint8_t reserved_014[0x2c];
	uint64_t iopm_pa;
	uint64_t msrpm_pa;
	uint64_t tsc_offset;
	uint32_t asid;
	uint32_t tlb_control;
	uint64_t int_control;
	uint64_t int_state;
	uint64_t exit_code;
	uint64_t exit_info_1;
	uint64_t exit_info_2;
	uint64_t exit_int_info;
	uint64_t nested_control;
	uint8_t reserved_098[0x10];
	uint64_t event_inject;
	uint64_t nested_cr3;
	uint8_t reserved_0b8[0x348];
	uint8_t save[0xc00];
};
ABI_SIZE(struct vmcb, 4096);
ABI_OFFSET(struct vmcb, iopm_pa, 0x40);
ABI_OFFSET(struct vmcb, asid, 0x58);
ABI_OFFSET(struct vmcb, exit_code, 0x70);
ABI_OFFSET(struct vmcb, nested_control, 0x90);
ABI_OFFSET(struct vmcb, event_inject, 0xa8);
ABI_OFFSET(struct vmcb, nested_cr3, 0xb0);
ABI_OFFSET(struct vmcb, save, 0x400);

/* Once: the bitmaps that all share. */
void vmcb_init(void);
/* On each CPU: its host save area. */
void vmcb_init_cpu(uint64_t hsave_pa);
/* A context's VMCB with all intercepts. */
void vmcb_prepare(struct context *c);
/* VMSA page into VMCB, registers and FPU, and back. */
void vmcb_load(struct context *c, struct vmsa *vmsa);
void vmcb_store(struct context *c);
/* The parts of it that are in the CPU itself: only the CPU that ran the context can save them. */
void vmcb_store_fpu(struct context *c);
/* The instruction that exited has been done: go behind it. */
void vmcb_advance(struct context *c, unsigned int bytes);
