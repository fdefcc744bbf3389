/*
 * The SVSM calling convention (publication 58019): RAX = protocol:call on entry, the result on
 * return. Result codes are written zero-extended: guests compare all 64 bits.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define SVSM_PROTOCOL_CORE   0
#define SVSM_PROTOCOL_ATTEST 1
#define SVSM_PROTOCOL_VTPM   2
#define SVSM_PROTOCOL_APIC   3
#define SVSM_PROTOCOL_MM     4
/* Keel's own message protocol, docs/message-protocol.md; "KEEL". */
#define SVSM_PROTOCOL_KEEL UINT32_C(0x4B45454C)

#define SVSM_CALL(protocol, call) (((uint64_t)(protocol) << 32) | (uint32_t)(call))
#define SVSM_CALL_PROTOCOL(rax)	  ((uint32_t)((rax) >> 32))
#define SVSM_CALL_ID(rax)	  ((uint32_t)(rax))

#define SVSM_SUCCESS		      UINT32_C(0x00000000)
#define SVSM_NEEDS_MEMORY	      UINT32_C(0x40000000) /* [29:0] pages to deposit */
#define SVSM_ERR_INCOMPLETE	      UINT32_C(0x80000000)
#define SVSM_ERR_UNSUPPORTED_PROTOCOL UINT32_C(0x80000001)
#define SVSM_ERR_UNSUPPORTED_CALL     UINT32_C(0x80000002)
#define SVSM_ERR_INVALID_ADDRESS      UINT32_C(0x80000003)
#define SVSM_ERR_INVALID_FORMAT	      UINT32_C(0x80000004)
#define SVSM_ERR_INVALID_PARAMETER    UINT32_C(0x80000005)
#define SVSM_ERR_INVALID_REQUEST      UINT32_C(0x80000006)
#define SVSM_ERR_BUSY		      UINT32_C(0x80000007)

/* Protocol-specific errors; 0x80001000 + EAX of PVALIDATE or RMPADJUST for core calls. */
#define SVSM_ERR_PROTOCOL_BASE	     UINT32_C(0x80001000)
#define SVSM_ERR_CORE_SIZE_MISMATCH  UINT32_C(0x80001006)
#define SVSM_ERR_CORE_FAIL_INUSE     UINT32_C(0x80001003)
#define SVSM_ERR_CORE_NO_CHANGE	     UINT32_C(0x80001010)
#define SVSM_ERR_CORE_OTHER_FAILURE  UINT32_C(0x80001011)
/* Keel: the service that was to answer died doing so. In every protocol. */
#define SVSM_ERR_KEEL_SERVICE_DIED   UINT32_C(0x80001F00)

/* The calling area: one private page per vCPU, shared by a guest and its SVSM. */
struct svsm_caa {
	uint8_t call_pending;	/* 0 none, 1 pending, others reserved */
	uint8_t mem_available;
	uint8_t no_eoi_required;
	uint8_t reserved_03[5]; /* must be ignored */
	uint8_t buffer[4088];
};
ABI_SIZE(struct svsm_caa, 4096);
ABI_OFFSET(struct svsm_caa, mem_available, 1);
ABI_OFFSET(struct svsm_caa, buffer, 8);
