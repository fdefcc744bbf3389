/* What the kernel knows of each service: pure data, one entry each (docs/write-a-service.md). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg/sys.h"

enum service_death {
	SERVICE_RESTART, /* stateless: starts again from its measured image at the next call */
	SERVICE_STAY_DOWN, /* a restart would hand out fresh state as if nothing had happened */
};

struct service_entry {
	const char *name; /* of the image, as given to keel-igvm */
	uint32_t protocol;
	uint32_t version_min;
	uint32_t version_max;
	uint32_t rights; /* SYS_RIGHT_* */
	bool reentrant; /* false: one stack in all; others get BUSY while a vCPU is inside */
	bool messages; /* may be called by name, through Keel's message protocol */
	bool has_manifest; /* answers MSG_CALL_MANIFEST */
	bool uses_fpu; /* has x87 and SSE state of its own */
	uint32_t heap_pages; /* quota of SYS_MEMORY, and of Linux' brk and mmap */
	uint32_t stack_pages; /* 0: SERVICE_STACK_PAGES */
	uint8_t guid[SYS_GUID_BYTES]; /* in attestation's table; zeros: not in it */
	enum service_death death;
};

extern const struct service_entry service_table[];
extern const unsigned int service_table_count;
