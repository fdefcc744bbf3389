/*
 * The end: for Keel's own bugs and for a host that broke SNP's rules, never for what guest or
 * service data can cause. Wipes the VMPCKs and terminates through the GHCB.
 */
#pragma once

#include "base/compiler.h"

/* Reason codes of the termination request, reason set 11 (docs/boot-log.md). Stable: only append.
 */
enum panic_reason {
	PANIC_BUG = 0, /* an assertion or an exception of the kernel's own */
	PANIC_ENVIRONMENT = 1, /* not SNP, not VMPL0, or a feature is missing */
	PANIC_BOOT = 2, /* another boot step failed */
	PANIC_VALIDATION = 3, /* a page of ours was validated already, or lost its validation */
	PANIC_HOST = 4, /* the host broke the protocol */
};

NORETURN void panic(enum panic_reason reason, const char *format, ...) PRINTF_LIKE(2, 3);

/* For conditions that only a bug of ours can break. */
#define ASSERT(x)                                                                                  \
	do {                                                                                       \
		if (unlikely(!(x))) {                                                              \
			panic(PANIC_BUG, "assertion %s at %s:%d", #x, __FILE__, __LINE__);         \
		}                                                                                  \
	} while (0)
