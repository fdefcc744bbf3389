/*
 * State is switched when another service is entered, not at each system call: the kernel has no
 * instruction that touches it. AVX is never turned on, so FXSAVE has all of it. A guest's registers
 * are in its VMSA: the processor changes them with the VMPL.
 */
#include "metal/fpu.h"

#include "arch/space.h"
#include "base/mem.h"
#include "metal/insn.h"
#include "metal/percpu.h"
#include "snp/vmsa.h"
#include "x86/regs.h"

/* The head of an FXSAVE image (APM volume 2, 11.4.4); the rest after reset is zeros. */
struct fxsave {
	uint16_t fcw;
	uint8_t to_18[22];
	uint32_t mxcsr;
	uint8_t registers[484];
};
ABI_SIZE(struct fxsave, ARCH_FPU_BYTES);
ABI_OFFSET(struct fxsave, mxcsr, 24);

#define FCW_DEFAULT 0x37F /* as after FNINIT */

static const struct fxsave clean ALIGNED(16) = {.fcw = FCW_DEFAULT, .mxcsr = VMSA_RESET_MXCSR};

void arch_fpu_reset(void *fpu)
{
	memcpy(fpu, &clean, sizeof(clean));
}

void fpu_switch(void *to)
{
	struct percpu *p = percpu_this();

	if (p->fpu == to) {
		return;
	}
	if (p->fpu != NULL) {
		__asm__ volatile("fxsave64 (%0)" : : "r"(p->fpu) : "memory");
	} else {
		insn_write_cr0(insn_read_cr0() & ~CR0_EM);
	}
	__asm__ volatile("fxrstor64 (%0)" : : "r"(to != NULL ? to : &clean) : "memory");
	if (to == NULL) {
		insn_write_cr0(insn_read_cr0() | CR0_EM);
	}
	p->fpu = to;
}
