/* Routing of calls by protocol number. */
#pragma once

#include <stdint.h>

/* A guest's call: its registers in, and on return its registers and the result out. */
struct route_call {
	uint32_t protocol;
	uint32_t call;
	uint32_t vmpl;
	uint32_t vcpu; /* APIC id */
	uint64_t rcx, rdx, r8, r9;
	uint32_t result;
};

/* Answers the call. Registers that the call does not return are left alone. Never fails: a result
 * code says what went wrong. */
void route_dispatch(struct route_call *call);

/* Versions of a protocol as SYS_PROTOCOL returns them; 0 = not offered (or its service is down). */
uint64_t route_versions(uint32_t protocol);
