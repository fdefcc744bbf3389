/*
 * Windows: per-CPU places in the kernel's address space through which one page at a time is seen.
 * A window is open for one copy or one instruction; nothing else maps memory outside the region.
 * Opening one is a store and an INVLPG: every call opens several.
 */
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "metal/insn.h"
#include "metal/percpu.h"

/* Makes the page tables behind all windows of all CPUs. */
enum err window_init(void);

/* Gives a CPU its windows; after window_init(). */
void window_assign(struct percpu *cpu);

static inline const struct window_slot *window_of(enum window window)
{
	return &percpu_this()->windows[window];
}

/* Opens a window of this CPU onto a page, privately mapped. */
static inline void *window_open(const struct window_slot *window, gpa_t page)
{
	*window->entry = page.value | window->bits;
	insn_invlpg(window->at);
	return window->at;
}

static inline void window_close(const struct window_slot *window)
{
	*window->entry = 0;
	insn_invlpg(window->at);
}
