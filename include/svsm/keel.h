/*
 * Keel's own message protocol, version 1 (docs/message-protocol.md): guests call services by name,
 * with a request and a reply in CBOR anywhere in their memory. The kernel carries the bytes.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define SVSM_KEEL_VERSION 1

/*
 * In RCX: a place in the list, from 0. Out RCX: message versions highest << 32 | lowest, RDX:
 * SVSM_KEEL_* flags << 32 | protocol, R8 and R9: the name, 16 bytes, NUL padded. INVALID_PARAMETER:
 * the list is shorter.
 */
#define SVSM_KEEL_LIST 0
/*
 * In RCX: gPA of a struct svsm_keel_call, eight-byte aligned, within one page. Out RCX: bytes of
 * the reply, and RAX is the service's result. INVALID_PARAMETER with RCX above reply_bytes: the
 * room is too small, nothing was written; the service did answer, so calls that change something
 * are made with room for SVSM_KEEL_BYTES_MAX.
 */
#define SVSM_KEEL_CALL 1

#define SVSM_KEEL_UP	   BIT32(0) /* the service can be called now */
#define SVSM_KEEL_MESSAGES BIT32(1) /* by name, too */

#define SVSM_KEEL_NAME_BYTES 16
#define SVSM_KEEL_BYTES_MAX  4096 /* of a request, and of a reply */

struct svsm_keel_call {
	uint8_t name[SVSM_KEEL_NAME_BYTES]; /* NUL padded */
	uint32_t version; /* of the service's messages: one that LIST names */
	uint32_t call;
	uint64_t request_gpa; /* any address; ignored when request_bytes is 0 */
	uint32_t request_bytes;
	uint32_t reserved_24;
	uint64_t reply_gpa;
	uint32_t reply_bytes; /* room for the reply */
	uint32_t reserved_34;
};
ABI_SIZE(struct svsm_keel_call, 56);
ABI_OFFSET(struct svsm_keel_call, request_gpa, 24);
ABI_OFFSET(struct svsm_keel_call, reply_gpa, 40);
