/* IDT: 32 exceptions, of which the NMI returns. Interrupts stay off, so no vector above is
 * needed. */
#include "trap.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "log.h"
#include "memory.h"
#include "x86.h"
#include "x86/apic.h"
#include "x86/desc.h"
#include "x86/msr.h"

#define VECTORS	     32
#define VECTOR_NMI   2
#define SELECTOR_CODE 0x08
#define STUB_BYTES   16

extern const char entry_exceptions[];
extern const char entry_nmi[];
volatile uint64_t *entry_nmi_counter(void);

void trap_fatal(uint64_t vector, uint64_t error, uint64_t rip, uint64_t cr2) NORETURN;

static struct x86_gate idt[VECTORS] ALIGNED(16);

void trap_fatal(uint64_t vector, uint64_t error, uint64_t rip, uint64_t cr2)
{
	log_fatal("the simulator itself failed: exception %lu, error 0x%lx, rip 0x%lx, cr2 0x%lx",
		  vector, error, rip, cr2);
}

static void set_gate(unsigned int vector, const char *handler)
{
	idt[vector] = x86_interrupt_gate((uint64_t)(uintptr_t)handler, SELECTOR_CODE, 0);
}

/* QMP inject-nmi arrives at LINT1, which is masked after reset. */
static void open_lint1(void)
{
	volatile uint32_t *apic = memory_ptr(rdmsr(MSR_APIC_BASE) & MASK(51, 12));

	apic[APIC_SPURIOUS / 4] |= 0x100;
	apic[APIC_LVT_LINT1 / 4] = 0x400;
}

void trap_load(void)
{
	struct x86_table_pointer pointer = {sizeof(idt) - 1, (uint64_t)(uintptr_t)idt};

	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void trap_init(void)
{
	for (unsigned int v = 0; v < VECTORS; v++) {
		set_gate(v, entry_exceptions + v * STUB_BYTES);
	}
	set_gate(VECTOR_NMI, entry_nmi);
	trap_load();
	open_lint1();
}

bool trap_take_nmi(void)
{
	volatile uint64_t *counter = entry_nmi_counter();

	if (*counter == 0) {
		return false;
	}
	*counter = 0;
	return true;
}
