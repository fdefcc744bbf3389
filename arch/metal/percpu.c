/*
 * Per-CPU data, descriptors, stacks. Stacks have a part of the address space of their own, with
 * unmapped pages between them: an overflow faults, and takes the fault's own stack.
 */
#include "metal/percpu.h"

#include "arch/boot.h"
#include "arch/cpu.h"
#include "metal/insn.h"
#include "metal/tables.h"
#include "metal/trap.h"
#include "metal/window.h"
#include "mm/pool.h"
#include "x86/desc.h"
#include "x86/msr.h"
#include "x86/paging.h"

/* Slot i of a CPU: IST stack i, or (the last) its kernel stack; mapped at the slot's upper end. */
#define STACK_VA	   UINT64_C(0xffffffffa0000000)
#define STACK_SLOTS	   8
#define STACK_SLOT_PAGES   8
#define STACK_IST_PAGES	   1
#define STACK_KERNEL_PAGES 4
_Static_assert(STACK_SLOTS == IST_COUNT + 1, "a slot for each IST stack and the kernel's");

/* Code and data of CPL0 and CPL3, accessed bits set: base and limit mean nothing in long mode. */
static const uint64_t gdt_template[] = {
	0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff,
};

static void load_gdt(const uint64_t *gdt, size_t bytes)
{
	const struct x86_table_pointer pointer = { (uint16_t)(bytes - 1),
						   (uint64_t)(uintptr_t)gdt };

	__asm__ volatile("lgdt %0" : : "m"(pointer) : "memory");
	/* Reload CS by a far return; the others are null in long mode. */
	__asm__ volatile("pushq %0; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
			 :
			 : "i"(SELECTOR_KERNEL_CODE)
			 : "rax", "memory");
}

void percpu_load_boot_gdt(void)
{
	load_gdt(gdt_template, sizeof(gdt_template));
}

static void make_gdt(struct percpu *p)
{
	uint64_t tss = (uint64_t)(uintptr_t)&p->tss;

	for (unsigned int i = 0; i < ARRAY_SIZE(gdt_template); i++) {
		p->gdt[i] = gdt_template[i];
	}
	p->gdt[5] = (sizeof(p->tss) - 1) | (tss & 0xFFFFFF) << 16 | UINT64_C(0x89) << 40 |
		    (tss >> 24 & 0xFF) << 56;
	p->gdt[6] = tss >> 32;
}

static uint64_t slot_top(unsigned int index, unsigned int slot)
{
	uint64_t number = (uint64_t)index * STACK_SLOTS + slot;

	return STACK_VA + (number + 1) * STACK_SLOT_PAGES * PAGE_SIZE;
}

static enum err map_stack(unsigned int index, unsigned int slot, unsigned int pages)
{
	uint8_t *memory = pool_alloc(pages);
	uint64_t base = slot_top(index, slot) - pages * PAGE_SIZE;

	if (memory == NULL) {
		return ERR_NOMEM;
	}
	for (unsigned int i = 0; i < pages; i++) {
		uint64_t *entry =
			tables_entry(tables_kernel_root(), base + i * PAGE_SIZE, 0, false);

		if (entry == NULL) {
			return ERR_NOMEM;
		}
		*entry = tables_private(pool_gpa(memory + i * PAGE_SIZE).value) | PTE_PRESENT |
			 PTE_WRITE | PTE_NX | PTE_ACCESSED | PTE_DIRTY;
	}
	return ERR_OK;
}

uint64_t percpu_stack_top(unsigned int index)
{
	return slot_top(index, IST_COUNT);
}

struct percpu *percpu_create(unsigned int index)
{
	struct percpu *p = pool_alloc(1);
	enum err err = p != NULL ? ERR_OK : ERR_NOMEM;

	for (unsigned int i = 0; i < IST_COUNT && err == ERR_OK; i++) {
		err = map_stack(index, i, STACK_IST_PAGES);
		p->tss.ist[i] = slot_top(index, i);
	}
	/* The first CPU stays on the stack that the image brought. */
	if (err == ERR_OK && index != 0) {
		err = map_stack(index, IST_COUNT, STACK_KERNEL_PAGES);
	}
	if (err != ERR_OK) {
		return NULL;
	}
	p->self = p;
	p->index = index;
	p->cr3 = tables_private(tables_kernel_root());
	p->tss.iomap_base = sizeof(p->tss); /* no I/O bitmap: CPL3 has no ports */
	make_gdt(p);
	window_assign(p);
	return p;
}

enum err arch_boot_percpu(const struct image_map *image)
{
	struct percpu *p = percpu_create(0);

	(void)image;
	if (p == NULL) {
		return ERR_NOMEM;
	}
	insn_wrmsr(MSR_GS_BASE, (uint64_t)(uintptr_t)p);
	insn_wrmsr(MSR_KERNEL_GS_BASE, 0);
	return ERR_OK;
}

enum err arch_boot_tss(const struct image_map *image)
{
	struct percpu *p = percpu_this();

	(void)image;
	load_gdt(p->gdt, sizeof(p->gdt));
	__asm__ volatile("ltr %w0" : : "r"(SELECTOR_TSS));
	trap_use_ist();
	insn_wrmsr(MSR_STAR, PERCPU_STAR);
	insn_wrmsr(MSR_LSTAR, (uint64_t)(uintptr_t)user_syscall);
	insn_wrmsr(MSR_SFMASK, PERCPU_SFMASK);
	insn_wrmsr(MSR_EFER, insn_rdmsr(MSR_EFER) | EFER_SCE);
	return ERR_OK;
}

unsigned int arch_cpu_index(void)
{
	return (unsigned int)percpu_this()->index;
}
