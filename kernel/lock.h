/*
 * A ticket lock: fair, so that a guest's vCPUs cannot starve one another inside VMPL0. Held for
 * bounded work only, interrupts are off in VMPL0.
 *
 * Lock order, outermost first; whoever holds one takes only those after it:
 *   service (ipc/service_call.c) > heap (ipc/heap.c) > pages, ascending (mm/pagestate.c) >
 *   registry (vcpu/registry.c) > page-state directory (mm/pagestate.c) >
 *   deposits (mm/deposit.c) > pool (mm/pool.c) > log (log.c)
 * The lock of the way to the PSP (sys/sys_psp.c) is only ever tried.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
	_Atomic uint32_t next;
	_Atomic uint32_t serving;
};

static inline void lock_take(struct lock *lock)
{
	uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket) {
		__builtin_ia32_pause();
	}
}

/* Takes it if nobody has it or waits for it. */
static inline bool lock_try(struct lock *lock)
{
	uint32_t serving = atomic_load_explicit(&lock->serving, memory_order_acquire);

	return atomic_compare_exchange_strong(&lock->next, &serving, serving + 1);
}

static inline void lock_release(struct lock *lock)
{
	uint32_t serving = atomic_load_explicit(&lock->serving, memory_order_relaxed);

	atomic_store_explicit(&lock->serving, serving + 1, memory_order_release);
}
