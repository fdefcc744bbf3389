/* Per-CPU data, descriptors, stacks. Each stack has an unmapped page below it. */
#include "metal/percpu.h"

#include "arch/boot.h"
#include "arch/cpu.h"
#include "metal/insn.h"
#include "metal/tables.h"
#include "metal/trap.h"
#include "mm/pool.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define IST_STACK_PAGES 2

/* Code and data of CPL0 and CPL3, accessed bits set: base and limit mean nothing in long mode. */
static const uint64_t gdt_template[] = {
	0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff,
};

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} PACKED;

/* From trap_entry.S. */
void user_syscall(void);

static void load_gdt(const uint64_t *gdt, size_t bytes)
{
	const struct table_pointer pointer = { (uint16_t)(bytes - 1), (uint64_t)(uintptr_t)gdt };

	__asm__ volatile("lgdt %0" : : "m"(pointer) : "memory");
	/* Reload CS by a far return; the others are null in long mode. */
	__asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
			 :
			 : "i"(SELECTOR_KERNEL_CODE)
			 : "rax", "memory");
}

/* Until there is a TSS: the stub's table goes away with low memory. */
void percpu_load_boot_gdt(void)
{
	load_gdt(gdt_template, sizeof(gdt_template));
}

static void load_own_gdt(struct percpu *p)
{
	uint64_t tss = (uint64_t)(uintptr_t)&p->tss;

	for (unsigned int i = 0; i < ARRAY_SIZE(gdt_template); i++) {
		p->gdt[i] = gdt_template[i];
	}
	p->gdt[5] = (sizeof(p->tss) - 1) | (tss & 0xFFFFFF) << 16 | UINT64_C(0x89) << 40 |
		    (tss >> 24 & 0xFF) << 56;
	p->gdt[6] = tss >> 32;
	load_gdt(p->gdt, sizeof(p->gdt));
}

static void set_syscall_msrs(void)
{
	insn_wrmsr(MSR_STAR, (uint64_t)SELECTOR_KERNEL_CODE << 32);
	insn_wrmsr(MSR_LSTAR, (uint64_t)(uintptr_t)user_syscall);
	/* Every flag that can be cleared is: interrupts, direction, trap, alignment check, nested task. */
	insn_wrmsr(MSR_SFMASK, 0xFFFFFFFF & ~RFLAGS_ONE);
	insn_wrmsr(MSR_EFER, insn_rdmsr(MSR_EFER) | EFER_SCE);
}

enum err arch_boot_percpu(const struct image_map *image)
{
	struct percpu *p = pool_alloc(1);

	(void)image;
	if (p == NULL) {
		return ERR_NOMEM;
	}
	p->self = p;
	p->index = 0;
	p->cr3 = tables_private(tables_kernel_root());
	insn_wrmsr(MSR_GS_BASE, (uint64_t)(uintptr_t)p);
	insn_wrmsr(MSR_KERNEL_GS_BASE, 0);
	return ERR_OK;
}

static enum err add_ist_stack(struct percpu *p, unsigned int i)
{
	uint8_t *stack = pool_alloc(1 + IST_STACK_PAGES);

	if (stack == NULL) {
		return ERR_NOMEM;
	}
	tables_unmap(stack);
	p->tss.ist[i] = (uint64_t)(uintptr_t)(stack + (1 + IST_STACK_PAGES) * PAGE_SIZE);
	return ERR_OK;
}

enum err arch_boot_tss(const struct image_map *image)
{
	struct percpu *p = percpu_this();
	enum err err = ERR_OK;

	(void)image;
	p->tss.iomap_base = sizeof(p->tss); /* no I/O bitmap: CPL3 has no ports */
	for (unsigned int i = 0; i < IST_COUNT && err == ERR_OK; i++) {
		err = add_ist_stack(p, i);
	}
	if (err == ERR_OK) {
		load_own_gdt(p);
		__asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
		trap_use_ist();
		set_syscall_msrs();
	}
	return err;
}

unsigned int arch_cpu_index(void)
{
	return (unsigned int)percpu_this()->index;
}
