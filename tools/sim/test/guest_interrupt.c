/*
 * An interrupt whose frame goes to a page that the nested tables do not have yet: the exit cuts its
 * delivery short, and the host has to go on with it. Once, and not while RFLAGS.IF is clear.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "guest.h"
#include "snp/rmp.h"
#include "x86/apic.h"

#define ICR_TO_SELF 0x40000u

#define FRESH_STACK (AREA_B + PAGE_2M_SIZE - PAGE_SIZE)
#define FIRST	    GUEST_INTERRUPTS
#define SECOND	    (GUEST_INTERRUPTS + 1)
/* Under -icount: the timer ends behind the first interrupt, and before the spinning does. */
#define TIMER_COUNT 1000000u
#define SPINS	    UINT64_C(10000000)

extern const char stub_0x40[];
extern const char stub_0x41[];
void insn_interruptible(uint64_t rsp);
void guest_interrupt(uint64_t vector);

static volatile uint64_t arrived[2];
static volatile bool is_inside;
static volatile bool is_nested;

/* No exits in here: they would hide an interrupt that the CPU is about to deliver again. */
void guest_interrupt(uint64_t vector)
{
	arrived[vector - FIRST]++;
	is_nested = is_nested || is_inside;
	is_inside = true;
	if (vector == FIRST) {
		for (uint64_t i = 0; i < SPINS; i++) {
			__asm__ volatile("" : : : "memory");
		}
	}
	is_inside = false;
}

static void apic_write(uint64_t offset, uint32_t value)
{
	memcpy((void *)(uintptr_t)guest_ghcb()->buffer, &value, sizeof(value));
	GHCB_PUT(scratch, GHCB_GPA + offsetof(struct ghcb, buffer));
	(void)guest_event(GHCB_EVENT_MMIO_WRITE, APIC_BASE_DEFAULT + offset, sizeof(value));
}

static uint64_t allow_vmpl2(uint8_t rights)
{
	return entry_try(insn_rmpadjust, AREA_B, RMP_2M, RMPADJUST_ATTR(2, rights, false));
}

/* PVALIDATE brings it into the TLB; taking rights away and a flush get it out again. */
static void prepare_stack(void)
{
	guest_check("a stack", entry_try(insn_pvalidate, AREA_B, RMP_2M, true), RMP_OK);
	guest_check("rights", allow_vmpl2(VMPL_READ), RMP_OK);
	guest_check("no rights", allow_vmpl2(0), RMP_OK);
	guest_check("no TLB knows it", entry_try(insn_flush, FLUSH_ALL, 0, 0), 0);
}

void guest_interrupt_test(void)
{
	prepare_stack();
	guest_set_gate(FIRST, stub_0x40);
	guest_set_gate(SECOND, stub_0x41);
	apic_write(APIC_SPURIOUS, APIC_ENABLED);
	apic_write(APIC_ICR_LOW, ICR_TO_SELF | FIRST);
	apic_write(APIC_LVT_TIMER, SECOND);
	apic_write(APIC_COUNT, TIMER_COUNT);
	insn_interruptible(FRESH_STACK + PAGE_SIZE);
	guest_check("an interrupt whose delivery faults arrives once", arrived[0], 1);
	guest_check("one that comes meanwhile waits for RFLAGS.IF", is_nested, false);
	apic_write(APIC_EOI, 0);
	insn_interruptible(FRESH_STACK + PAGE_SIZE);
	guest_check("and arrives then", arrived[1], 1);
	apic_write(APIC_EOI, 0);
}
