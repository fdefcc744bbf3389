/*
 * Starting the SVSM's other CPUs: each VMSA is made so that its CPU begins in C, in 64-bit mode, on
 * the kernel's page tables, with its own descriptors, stack and GS. No real mode, no trampoline.
 */
#include "arch/cpu.h"

#include "arch/boot.h"
#include "arch/host.h"
#include "arch/rmp.h"
#include "main.h"
#include "metal/ghcb.h"
#include "metal/insn.h"
#include "metal/percpu.h"
#include "metal/tables.h"
#include "metal/trap.h"
#include "mm/pool.h"
#include "panic.h"
#include "snp/ghcb.h"
#include "snp/vmsa.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define ATTRIBUTES_CODE64 0xA9B
#define ATTRIBUTES_DATA	  0xC93
#define ATTRIBUTES_TSS	  0x8B
#define ATTRIBUTES_LDT	  0x82

/* The first function on a new CPU: its stack, GS and tables are those of its VMSA. */
static NORETURN void start(unsigned int index)
{
	if (ghcb_setup() != ERR_OK) {
		panic(PANIC_HOST, "CPU %u: no GHCB", index);
	}
	main_cpu(index);
}

static void fill_segments(struct vmsa *v, struct percpu *p)
{
	const struct vmsa_segment none = {0};
	const struct vmsa_segment data = {SELECTOR_KERNEL_DATA, ATTRIBUTES_DATA, UINT32_MAX, 0};

	v->cs = (struct vmsa_segment){SELECTOR_KERNEL_CODE, ATTRIBUTES_CODE64, UINT32_MAX, 0};
	v->ss = data;
	v->ds = data;
	v->es = data;
	v->fs = none;
	v->gs = (struct vmsa_segment){.base = (uint64_t)(uintptr_t)p};
	v->ldtr = (struct vmsa_segment){.attributes = ATTRIBUTES_LDT};
	v->gdtr = (struct vmsa_segment){.limit = sizeof(p->gdt) - 1,
					.base = (uint64_t)(uintptr_t)p->gdt};
	v->idtr = (struct vmsa_segment){.limit = trap_idt_limit(), .base = trap_idt_base()};
	v->tr = (struct vmsa_segment){SELECTOR_TSS, ATTRIBUTES_TSS, sizeof(p->tss) - 1,
				      (uint64_t)(uintptr_t)&p->tss};
}

static void fill(struct vmsa *v, struct percpu *p)
{
	fill_segments(v, p);
	v->efer = insn_rdmsr(MSR_EFER) | EFER_SVME;
	v->cr0 = insn_read_cr0();
	v->cr3 = p->cr3;
	v->cr4 = insn_read_cr4();
	v->dr6 = VMSA_RESET_DR6;
	v->dr7 = VMSA_RESET_DR7;
	v->rflags = RFLAGS_ONE;
	v->rip = (uint64_t)(uintptr_t)start;
	/* As if called: the return address's place keeps the stack aligned for a C function. */
	v->rsp = percpu_stack_top((unsigned int)p->index) - sizeof(uint64_t);
	v->rdi = p->index;
	v->star = PERCPU_STAR;
	v->lstar = (uint64_t)(uintptr_t)user_syscall;
	v->sfmask = PERCPU_SFMASK;
	v->g_pat = VMSA_RESET_PAT;
	v->sev_features = arch_sev_features();
	v->xcr0 = 1;
	v->mxcsr = VMSA_RESET_MXCSR;
	v->x87_ftw = VMSA_RESET_FTW;
	v->x87_fcw = VMSA_RESET_FCW;
}

/* Makes a page a VMSA of VMPL0. The target VMPL of the instruction gets no access. */
static enum err seal(const struct vmsa *v)
{
	struct rmp_result r = arch_rmpadjust(pool_gpa(v), RMP_4K, 1, 0, true);

	return r.faulted || r.status != RMP_OK ? ERR_FAULT : ERR_OK;
}

enum err arch_cpu_start(unsigned int index, uint32_t apic_id)
{
	struct percpu *p = percpu_create(index);
	struct vmsa *v = pool_alloc_vmsa();
	enum err err;

	if (p == NULL || v == NULL) {
		return ERR_NOMEM;
	}
	fill(v, p);
	err = seal(v);
	return err == ERR_OK
		       ? arch_host_vcpu(apic_id, 0, AP_CREATE, pool_gpa(v), arch_sev_features())
		       : err;
}

void arch_idle(void)
{
	insn_hlt();
}
