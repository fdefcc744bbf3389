/*
 * The IDT, and exceptions at CPL0. Only one kind is expected there: a fault of the few instructions
 * that touch guest pages (access.S), which resumes at their fix-up. All else is a bug or an attack:
 * nothing the error code claims is believed without that instruction.
 */
#include "metal/trap.h"

#include <stdatomic.h>

#include "log.h"
#include "metal/insn.h"
#include "metal/layout.h"
#include "metal/percpu.h"
#include "panic.h"
#include "snp/ghcb.h"
#include "x86/desc.h"
#include "x86/regs.h"

/* Which stack a vector takes. Seven exist; those that can hit inside another have their own. */
#define IST_DF	 1
#define IST_NMI	 2
#define IST_MC	 3
#define IST_VC	 4
#define IST_DB	 5
#define IST_FAULT 6
#define IST_OTHER 7

static _Atomic uint64_t injected; /* events the host raised in VMPL0, since the last report */
static struct x86_gate idt[TRAP_VECTORS] ALIGNED(16); /* written at boot only */

static uint8_t ist_of(unsigned int vector)
{
	switch (vector) {
	case VECTOR_DF:
		return IST_DF;
	case VECTOR_NMI:
		return IST_NMI;
	case VECTOR_MC:
		return IST_MC;
	case VECTOR_VC:
	case VECTOR_HV:
		return IST_VC;
	case VECTOR_DB:
		return IST_DB;
	default:
		return vector < 32 ? IST_FAULT : IST_OTHER;
	}
}

void trap_load_idt(void)
{
	const struct x86_table_pointer pointer = { sizeof(idt) - 1, (uint64_t)(uintptr_t)idt };

	for (unsigned int v = 0; v < TRAP_VECTORS; v++) {
		idt[v] = x86_interrupt_gate((uint64_t)(uintptr_t)trap_entries[v],
					    SELECTOR_KERNEL_CODE, 0);
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

uint64_t trap_idt_base(void)
{
	return (uint64_t)(uintptr_t)idt;
}

uint32_t trap_idt_limit(void)
{
	return sizeof(idt) - 1;
}

void trap_use_ist(void)
{
	for (unsigned int v = 0; v < TRAP_VECTORS; v++) {
		idt[v].ist = ist_of(v);
	}
}

/* A fault that access.S expects: the instruction is in its table, and the fault is of that kind. */
static bool mend(struct trap_frame *frame)
{
	bool is_access = frame->vector == VECTOR_PF || frame->vector == VECTOR_GP ||
			 (frame->vector == VECTOR_VC &&
			  (frame->error == EXIT_NOT_VALIDATED || frame->error == EXIT_NPF));

	if (!is_access) {
		return false;
	}
	for (const struct fixup *f = layout_fixups(); f < layout_fixups_end(); f++) {
		if (frame->rip == f->instruction) {
			frame->rip = f->resume;
			return true;
		}
	}
	return false;
}

/* The host can raise these at any moment; VMPL0 wants none of them. */
static bool is_from_host(uint64_t vector)
{
	return vector == VECTOR_NMI || vector == VECTOR_HV || vector >= 32;
}

void trap_report_injected(void)
{
	uint64_t n = atomic_exchange(&injected, 0);

	if (n != 0) {
		log_warn("%lu interrupts or NMIs injected into VMPL0; ignored", n);
	}
}

void trap_kernel(struct trap_frame *frame)
{
	if (mend(frame)) {
		return;
	}
	if (is_from_host(frame->vector)) {
		/* No more than this: what was interrupted may hold the log's lock, or the GHCB. */
		atomic_fetch_add(&injected, 1);
		return;
	}
	panic(frame->vector == VECTOR_VC && frame->error == EXIT_NOT_VALIDATED ? PANIC_VALIDATION :
										 PANIC_BUG,
	      "exception %lu error %lx at %lx, address %lx, stack %lx", frame->vector, frame->error,
	      frame->rip, insn_read_cr2(), frame->rsp);
}
