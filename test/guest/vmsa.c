/* Fills save areas in. */
#include "vmsa.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "cpu.h"
#include "layout.h"
#include "snp/ghcb_msr.h"
#include "svsm.h"
#include "x86/msr.h"

struct table_register {
	uint16_t limit;
	uint64_t base;
} PACKED;

static struct vmsa_segment segment(uint16_t attributes)
{
	return (struct vmsa_segment){.attributes = attributes, .limit = 0xFFFF};
}

static struct vmsa_segment flat(uint16_t selector, uint16_t attributes)
{
	return (struct vmsa_segment){
		.selector = selector, .attributes = attributes, .limit = UINT32_MAX};
}

void vmsa_fill(struct vmsa *vmsa)
{
	memset(vmsa, 0, sizeof(*vmsa));
	vmsa->cs = segment(0x9A);
	vmsa->ds = vmsa->es = vmsa->ss = vmsa->fs = vmsa->gs = segment(0x92);
	vmsa->gdtr = vmsa->idtr = segment(0);
	vmsa->ldtr = segment(0x82);
	vmsa->tr = segment(0x83);
	vmsa->vmpl = (uint8_t)svsm_vmpl();
	vmsa->efer = EFER_SVME;
	vmsa->cr0 = VMSA_RESET_CR0;
	vmsa->dr6 = VMSA_RESET_DR6;
	vmsa->dr7 = VMSA_RESET_DR7;
	vmsa->rflags = 2;
	vmsa->g_pat = VMSA_RESET_PAT;
	vmsa->xcr0 = 1;
	vmsa->mxcsr = VMSA_RESET_MXCSR;
	vmsa->x87_ftw = VMSA_RESET_FTW;
	vmsa->x87_fcw = VMSA_RESET_FCW;
	vmsa->sev_features = SEV_STATUS_TO_FEATURES(cpu_rdmsr(MSR_SEV_STATUS));
}

void vmsa_fill_long(struct vmsa *vmsa, void (*entry)(void *context), void *context,
		    uint64_t stack)
{
	struct table_register gdt;
	struct table_register idt;

	__asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
	vmsa_fill(vmsa);
	vmsa->gdtr = (struct vmsa_segment){.limit = gdt.limit, .base = gdt.base};
	vmsa->idtr = (struct vmsa_segment){.limit = idt.limit, .base = idt.base};
	vmsa->cs = flat(SEL_CODE64, 0xA9B);
	vmsa->ds = vmsa->es = vmsa->ss = vmsa->fs = vmsa->gs = flat(SEL_DATA, 0xC93);
	__asm__ volatile("mov %%cr0, %0" : "=r"(vmsa->cr0));
	__asm__ volatile("mov %%cr3, %0" : "=r"(vmsa->cr3));
	__asm__ volatile("mov %%cr4, %0" : "=r"(vmsa->cr4));
	vmsa->efer = EFER_SVME | EFER_LME | EFER_LMA | EFER_NXE;
	vmsa->rip = (uintptr_t)entry;
	vmsa->rdi = (uintptr_t)context;
	/* As if it had been called. */
	vmsa->rsp = stack - sizeof(uint64_t);
}
