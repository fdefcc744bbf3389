/* Routing of calls by protocol number. */
#pragma once

#include <stdint.h>

#include "base/addr.h"

/*
 * The payload of a call by name or of a peer: where it comes from and where the answer's goes. A
 * peer's lies in one place of its message buffer, as the kernel sees it; a guest's in its memory.
 */
struct route_payload {
	uint8_t *peer; /* NULL: the guest's */
	gpa_t request;
	gpa_t reply;
	uint32_t request_bytes; /* at most MSG_PAYLOAD_BYTES */
	uint32_t reply_room;
	uint32_t reply_bytes; /* out: what the answer has, also when there is too little room */
};

/* A guest's call: its registers in, and on return its registers and the result out. */
struct route_call {
	uint32_t protocol;
	uint32_t call;
	uint32_t vmpl;
	uint32_t vcpu; /* APIC id */
	uint64_t rcx, rdx, r8, r9;
	uint32_t result;
	uint32_t flags; /* MSG_FROM_PEER or MSG_BY_NAME: it has a payload; else registers only */
	struct route_payload payload;
};

/* Answers the call. Registers that the call does not return are left alone. Never fails: a result
 * code says what went wrong. */
void route_dispatch(struct route_call *call);

/* Versions of a protocol as SYS_PROTOCOL returns them; 0 = not offered (or its service is down). */
uint64_t route_versions(uint32_t protocol);
