/*
 * Windows: per-CPU places in the kernel's address space through which one page at a time is seen.
 * A window is open for one copy or one instruction; nothing else maps memory outside the region.
 */
#pragma once

#include "base/addr.h"
#include "base/err.h"

enum window {
	WINDOW_COPY, /* guest pages, and pages for RMP instructions */
	WINDOW_VMSA,
	WINDOW_COUNT
};

/* Makes the page tables behind all windows of all CPUs. */
enum err window_init(void);

/* Opens a window of this CPU onto a page, privately mapped. */
void *window_open(enum window window, gpa_t page);
void window_close(enum window window);

/* The 2 MiB window of this CPU. */
void *window_open_2m(gpa_t page);
void window_close_2m(void);
