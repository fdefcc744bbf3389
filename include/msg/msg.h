/*
 * The message ABI between the kernel and its services, version 1 (docs/message-abi.md).
 *
 * Each service has one message buffer per CPU, mapped at CPL3 and known to the kernel. The kernel
 * writes `request` and `in` before it enters the service; it reads `reply` and `out` once, when the
 * service replies. System calls that carry data name it by offset into this buffer, so the kernel
 * never follows a service's pointer.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define MSG_VERSION 1

/* In a request's flags: the call comes from another service, not from a guest (vcpu, vmpl
 * unused). */
#define MSG_FROM_PEER BIT32(0)
/* In a request's flags: a guest calls by name, through Keel's message protocol (svsm/keel.h). The
 * registers are zero, the payload is the message. */
#define MSG_BY_NAME BIT32(1)
/* In a reply's flags: these registers are outputs; the others are left as the guest had them. */
#define MSG_SET_RCX	BIT32(8)
#define MSG_SET_RDX	BIT32(9)
#define MSG_SET_R8	BIT32(10)
#define MSG_SET_R9	BIT32(11)
#define MSG_REPLY_FLAGS (MSG_SET_RCX | MSG_SET_RDX | MSG_SET_R8 | MSG_SET_R9)

/* Request and reply alike. */
struct msg_header {
	uint32_t version; /* MSG_VERSION */
	uint32_t flags;
	uint32_t protocol;
	uint32_t call;
	uint32_t vmpl; /* of the caller */
	uint32_t vcpu; /* APIC id of the caller */
	uint64_t rcx;
	uint64_t rdx;
	uint64_t r8;
	uint64_t r9;
	uint32_t result; /* reply: SVSM result code; request: 0 */
	uint32_t payload_bytes; /* CBOR in `in` (request) or `out` (reply); 0 = registers only */
};
ABI_SIZE(struct msg_header, 64);
ABI_OFFSET(struct msg_header, rcx, 24);
ABI_OFFSET(struct msg_header, result, 56);

#define MSG_PAYLOAD_BYTES 4096
#define MSG_SCRATCH_BYTES 8192

/* Asked of a peer that has a manifest (SYS_SERVICE_MANIFEST): RCX = its version. The reply's
 * payload is the manifest, ERR_INVALID's result code says that there is no such version. */
#define MSG_CALL_MANIFEST UINT32_C(0xFFFFFF00)

struct msg_buffer {
	struct msg_header request;
	struct msg_header reply;
	uint64_t deadline; /* TSC value: reply or yield by then; written whenever the service is
			    * entered */
	uint8_t reserved[4096 - 2 * sizeof(struct msg_header) - sizeof(uint64_t)];
	uint8_t in[MSG_PAYLOAD_BYTES];
	uint8_t out[MSG_PAYLOAD_BYTES];
	uint8_t scratch[MSG_SCRATCH_BYTES]; /* the service's, for system calls */
};
ABI_SIZE(struct msg_buffer, 20480);
ABI_OFFSET(struct msg_buffer, deadline, 128);
ABI_OFFSET(struct msg_buffer, in, 4096);
ABI_OFFSET(struct msg_buffer, out, 8192);
ABI_OFFSET(struct msg_buffer, scratch, 12288);
