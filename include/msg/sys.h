/*
 * System calls of a service (docs/system-calls.md). SYSCALL with the number in RAX and arguments in
 * RDI, RSI, RDX, R10; back come enum err in RAX and a value in RDX. RCX and R11 are lost, every
 * other register is kept. "offset" is into the caller's struct msg_buffer and "bytes" stays inside
 * it. Numbers below SYS_BASE are Linux's, for services that are built on a Unix C library.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"

#define SYS_BASE 0x1000

enum sys {
	/* Hands `reply` to the caller and waits: returns with the next request in `request`. The
	 * first call of each CPU has nothing to reply to and means "ready". */
	SYS_REPLY_WAIT = SYS_BASE + 0,
	/* (offset, bytes <= 256): one line for the SVSM's log, at the service's level NOTICE. */
	SYS_LOG = SYS_BASE + 1,
	/* Ends the service; its callers get SVSM_ERR_KEEL_SERVICE_DIED, its table entry says what
	 * next. */
	SYS_EXIT = SYS_BASE + 2,
	/* Value: TSC ticks left of this call's budget; 0 = yield or reply now. */
	SYS_TIME_LEFT = SYS_BASE + 3,
	/* Answers INCOMPLETE to the guest; returns when the guest re-issues the call. */
	SYS_YIELD = SYS_BASE + 4,
	/* (gpa, offset, bytes <= 4096): copies within one page of the memory of who
	 * called, or of a less privileged VMPL's. */
	SYS_COPY_FROM_GUEST = SYS_BASE + 5,
	SYS_COPY_TO_GUEST = SYS_BASE + 6,
	/* (offset, count <= 511, first): changes pages by PVALIDATE entries entries[first..count).
	 * Value: [31:0] index of the first entry not done, [63:32] what RMP instruction failed
	 * with. ERR_AGAIN when time was up before the end. Right: pages. */
	SYS_PAGE_STATE = SYS_BASE + 7,
	/* (vmsa gpa, caa gpa, apic id), (vmsa gpa), (caa gpa). Right: vcpus. */
	SYS_VCPU_CREATE = SYS_BASE + 8,
	SYS_VCPU_DELETE = SYS_BASE + 9,
	SYS_REMAP_CA = SYS_BASE + 10,
	/* (protocol). Value: highest << 32 | lowest version, 0 = none. */
	SYS_PROTOCOL = SYS_BASE + 11,
	/* (offset, bytes <= 256): random bytes; ERR_FAULT when the hardware gives none. */
	SYS_RANDOM = SYS_BASE + 12,
	/* (offset, count <= 511, first): takes the pages of DEPOSIT_MEM entries
	 * entries[first..count). Value as for SYS_PAGE_STATE. Right: pages. */
	SYS_DEPOSIT = SYS_BASE + 13,
	/* (offset, room <= 511): gives free deposited pages back; their gPAs go to the buffer.
	 * Value: how many. Right: pages. */
	SYS_WITHDRAW = SYS_BASE + 14,
	/* (index, offset): a struct sys_service about the service of that place in the table.
	 * ERR_INVALID past its end. Right: peers. */
	SYS_SERVICE = SYS_BASE + 15,
	/* (index, offset, capacity <= MSG_PAYLOAD_BYTES): calls another service. At offset lies a
	 * struct msg_header (call and registers), its payload right behind it; the answer replaces
	 * both. ERR_AGAIN: it yielded, yield and ask again with the same arguments. ERR_NOSPC: the
	 * answer's payload_bytes is over the capacity. ERR_DENIED: it is the caller itself, or the
	 * caller is answering a peer. Right: peers. */
	SYS_PEER = SYS_BASE + 16,
	/* (offset, certificate pages <= SYS_PSP_CERTIFICATE_PAGES): the guest message of one page
	 * at offset goes to the PSP, its answer replaces it. With certificate pages it is an
	 * extended request. Value: SW_EXITINFO2, [31:0] the firmware's error, [63:32] the host's.
	 * Right: PSP. */
	SYS_PSP = SYS_BASE + 17,
	/* (page, offset): one page of certificates of the last extended request. Value: how many
	 * pages the host has. Right: PSP. */
	SYS_PSP_CERTIFICATES = SYS_BASE + 18,
	/* (offset): VMPCK0, 32 bytes, once: the kernel forgets it. ERR_REQUEST: it is gone. Right:
	 * PSP. */
	SYS_VMPCK = SYS_BASE + 19,
	/* (pages): as many zeroed pages at the end of the service's heap, within its quota. Value:
	 * the address of the first. */
	SYS_MEMORY = SYS_BASE + 20,
	/* (offset): 32 bytes that only the PSP and VMPL0 have ever had, other ones at each launch;
	 * once. ERR_REQUEST: they are gone, or this guest VMPL leaves none (it has VMPCK1 itself).
	 * Right: launch secret. */
	SYS_LAUNCH_SECRET = SYS_BASE + 21,
	SYS_END
};
#define SYS_COUNT (SYS_END - SYS_BASE)

/* Rights of a service, in its table entry. */
#define SYS_RIGHT_GUEST_READ  BIT32(0) /* SYS_COPY_FROM_GUEST */
#define SYS_RIGHT_GUEST_WRITE BIT32(1) /* SYS_COPY_TO_GUEST */
#define SYS_RIGHT_PAGES	      BIT32(2) /* SYS_PAGE_STATE */
#define SYS_RIGHT_VCPUS	      BIT32(3) /* SYS_VCPU_*, SYS_REMAP_CA */
#define SYS_RIGHT_RANDOM      BIT32(4) /* SYS_RANDOM */
#define SYS_RIGHT_PEERS	      BIT32(5) /* SYS_SERVICE, SYS_PEER */
#define SYS_RIGHT_PSP	      BIT32(6) /* SYS_PSP, SYS_PSP_CERTIFICATES, SYS_VMPCK */
#define SYS_RIGHT_LINUX	      BIT32(7) /* the numbers below SYS_BASE */
#define SYS_RIGHT_LAUNCH      BIT32(8) /* SYS_LAUNCH_SECRET */

#define SYS_LOG_BYTES_MAX	  256
#define SYS_RANDOM_BYTES_MAX	  256
#define SYS_PSP_CERTIFICATE_PAGES 4

#define SYS_SERVICE_NAME_BYTES 16
#define SYS_SERVICE_HASH_BYTES 48
#define SYS_GUID_BYTES	       16

/* Whether it is zeros, which stand for no GUID. */
static inline bool sys_guid_is_none(const uint8_t guid[SYS_GUID_BYTES])
{
	static const uint8_t none[SYS_GUID_BYTES];

	return memcmp(guid, none, sizeof(none)) == 0;
}

/* What SYS_SERVICE tells. */
struct sys_service {
	char name[SYS_SERVICE_NAME_BYTES]; /* NUL padded, not necessarily ended */
	uint32_t protocol;
	uint32_t version_min;
	uint32_t version_max;
	uint32_t flags; /* SYS_SERVICE_* */
	uint8_t guid[SYS_GUID_BYTES]; /* as attestation's table has it; zeros: none */
	uint8_t hash[SYS_SERVICE_HASH_BYTES]; /* SHA-384 of its segments, from the measured image */
};
ABI_SIZE(struct sys_service, 96);

#define SYS_SERVICE_UP	     BIT32(0)
#define SYS_SERVICE_MANIFEST BIT32(1) /* answers MSG_CALL_MANIFEST */
#define SYS_SERVICE_MESSAGES BIT32(2) /* takes calls by name */

/*
 * Where things are in a service's address space. The image is linked at SERVICE_IMAGE_VA; each CPU
 * has its own stack and message buffer, unmapped pages around both.
 */
#define SERVICE_IMAGE_VA     UINT64_C(0x00400000)
#define SERVICE_IMAGE_MAX    UINT64_C(0x0fc00000)
#define SERVICE_MSG_VA	     UINT64_C(0x10000000)
#define SERVICE_MSG_STRIDE   UINT64_C(0x10000)
#define SERVICE_STACK_VA     UINT64_C(0x20000000)
#define SERVICE_STACK_STRIDE UINT64_C(0x40000)
#define SERVICE_STACK_PAGES  4 /* 16 KiB, at the top of its stride less one guard page */
#define SERVICE_STACK_MAX    62
#define SERVICE_HEAP_VA	     UINT64_C(0x40000000)

/*
 * At the entry point of each CPU: RDI = its message buffer, RSI = 1 on the CPU that is to run
 * service_init() (once in the life of an image), RSP 16-byte aligned, x87 and SSE state as after
 * reset where the table entry has uses_fpu; elsewhere these instructions fault. A service that is
 * not re-entrant has one stack and one message buffer, whatever CPU it runs on.
 */
