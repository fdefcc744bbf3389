/* See smp.h. NMIs are repeated until they had their effect: one can be taken before it is waited
 * for. */
#include "smp.h"

#include <stdatomic.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "log.h"
#include "memory.h"
#include "stats.h"
#include "trap.h"
#include "vcpu.h"
#include "vmcb.h"
#include "x86.h"
#include "x86/apic.h"
#include "x86/msr.h"

#define ICR_NMI		 0x00000400u
#define ICR_INIT_OTHERS	 0x000C4500u
#define ICR_START_OTHERS 0x000C46FFu /* vector 0xff: ap16 in boot.S */
#define ICR_PENDING	 0x00001000u
#define APIC_X2		 BIT(10)
#define MSR_X2_ICR	 0x830

/* The ROM's page that is to be at START_PAGE, where a start-up IPI with vector 0xff begins. */
#define START_ROM UINT64_C(0xFFFFF000)

#define REPEAT_SPINS 20000u
/* Exits that an AP of OVMF takes to say who it is, with room; and for how long to wait for them. */
#define LET_START_EXITS 100u
#define LET_START_SPINS 2000000u
#define START_SPINS	2000000000u

uint64_t smp_stacks; /* for boot.S: where the stack of APIC id 0 would end */

void smp_ap_main(uint32_t apic_id) NORETURN;

static atomic_flag lock = ATOMIC_FLAG_INIT;
static const struct vcpu *holder;
static uint64_t hsave_pages;
static _Atomic unsigned int online;

void smp_lock(void)
{
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
		__builtin_ia32_pause();
	}
}

void smp_unlock(void)
{
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

const struct vcpu *smp_holder(void)
{
	return holder;
}

void smp_set_holder(const struct vcpu *vcpu)
{
	holder = vcpu;
}

static volatile uint32_t *apic(void)
{
	return memory_ptr(rdmsr(MSR_APIC_BASE) & MASK(51, 12));
}

/* The guest owns the APIC: the upper half of its command register is put back. */
static void send(uint32_t apic_id, uint32_t command)
{
	volatile uint32_t *a = apic();
	uint32_t high;

	if ((rdmsr(MSR_APIC_BASE) & APIC_X2) != 0) {
		wrmsr(MSR_X2_ICR, (uint64_t)apic_id << 32 | command);
		return;
	}
	high = a[APIC_ICR_HIGH / 4];
	a[APIC_ICR_HIGH / 4] = apic_id << 24;
	a[APIC_ICR_LOW / 4] = command;
	while ((a[APIC_ICR_LOW / 4] & ICR_PENDING) != 0) {
		__builtin_ia32_pause();
	}
	a[APIC_ICR_HIGH / 4] = high;
}

static void nudge(struct vcpu *vcpu, const _Atomic bool *flag, bool until)
{
	while (atomic_load(flag) != until) {
		atomic_store(&vcpu->is_nudged, true);
		send(vcpu->apic_id, ICR_NMI);
		for (unsigned int i = 0; i < REPEAT_SPINS && atomic_load(flag) != until; i++) {
			__builtin_ia32_pause();
		}
	}
}

void smp_stop(struct vcpu *vcpu)
{
	nudge(vcpu, &vcpu->is_in_guest, false);
}

void smp_stop_others(const struct vcpu *self)
{
	for (unsigned int i = 0; i < vcpu_count(); i++) {
		if (vcpu_at(i) != self) {
			smp_stop(vcpu_at(i));
		}
	}
}

/* Statistics for a parked vCPU. Its waker may hold the lock and wait for it: no waiting here. */
static void try_stats(struct vcpu *vcpu)
{
	while (atomic_load(&vcpu->is_parked)) {
		if (!atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {
			stats_write(NULL);
			smp_unlock();
			return;
		}
		__builtin_ia32_pause();
	}
}

void smp_park(struct vcpu *vcpu)
{
	atomic_store(&vcpu->is_awake, false);
	smp_unlock();
	while (atomic_load(&vcpu->is_parked)) {
		cpu_halt();
		if (trap_take_nmi() && !atomic_exchange(&vcpu->is_nudged, false)) {
			try_stats(vcpu);
		}
	}
	atomic_store(&vcpu->is_awake, true);
	smp_lock();
	smp_set_holder(vcpu);
}

void smp_wake(struct vcpu *vcpu)
{
	atomic_store(&vcpu->is_parked, false);
	nudge(vcpu, &vcpu->is_awake, true);
}

void smp_let_start(const struct vcpu *self, const struct vcpu *started)
{
	const volatile uint64_t *exits = &started->exits;
	uint64_t goal = *exits + LET_START_EXITS;

	smp_unlock();
	for (unsigned int i = 0; i < LET_START_SPINS && *exits < goal; i++) {
		if (atomic_load(&started->is_parked)) {
			break;
		}
		__builtin_ia32_pause();
	}
	smp_lock();
	smp_set_holder(self);
}

void smp_ap_main(uint32_t apic_id)
{
	struct vcpu *vcpu = vcpu_by_apic_id(apic_id);

	trap_load();
	if (vcpu == NULL) {
		log_fatal("a CPU with APIC id %u started, %u are known", apic_id, vcpu_count());
	}
	vmcb_init_cpu(hsave_pages + apic_id * PAGE_SIZE);
	atomic_fetch_add(&online, 1);
	vcpu_run(vcpu);
}

void smp_spare(struct vcpu *boot)
{
	smp_lock();
	smp_wake(boot);
	smp_unlock();
	for (;;) {
		if (trap_take_nmi()) {
			smp_lock();
			stats_write(NULL);
			smp_unlock();
		}
		cpu_halt();
	}
}

void smp_start(void)
{
	unsigned int others = vcpu_at(vcpu_count() - 1)->apic_id; /* the highest, from 0 on */

	hsave_pages = memory_alloc((1 + others) * PAGE_SIZE, PAGE_SIZE);
	vmcb_init_cpu(hsave_pages);
	if (others == 0) {
		return;
	}
	/* The first CPU keeps the stack of the image, so the first of these is CPU 1's. */
	smp_stacks =
		(uint64_t)(uintptr_t)memory_ptr(memory_alloc(others * STACK_BYTES, STACK_BYTES));
	memcpy(memory_ptr(START_PAGE), memory_ptr(START_ROM), PAGE_SIZE);
	/* The tables are below 4 GiB; CR3 holds the PML5 or, with four levels, the page behind it.
	 */
	*(uint32_t *)memory_ptr(START_PAGE + START_BASE) = (uint32_t)memory_tables();
	send(0, ICR_INIT_OTHERS);
	send(0, ICR_START_OTHERS);
	for (unsigned int i = 0; atomic_load(&online) < others; i++) {
		if (i == START_SPINS) {
			log_fatal("%u of %u CPUs started", online + 1, others + 1);
		}
		__builtin_ia32_pause();
	}
	memset(memory_ptr(START_PAGE), 0, PAGE_SIZE);
}
