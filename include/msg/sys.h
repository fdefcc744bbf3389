/*
 * System calls of a service (docs/system-calls.md). SYSCALL with the number in RAX and arguments in
 * RDI, RSI, RDX, R10; back come enum err in RAX and a value in RDX. RCX and R11 are lost, every
 * other register is kept. "offset" is into the caller's struct msg_buffer and "bytes" stays inside
 * it.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

enum sys {
	/* Hands `reply` to the caller and waits: returns with the next request in `request`. The
	 * first call of each CPU has nothing to reply to and means "ready". */
	SYS_REPLY_WAIT = 0,
	/* (offset, bytes <= 256): one line for the SVSM's log, at the service's level NOTICE. */
	SYS_LOG = 1,
	/* Ends the service; its callers get SVSM_ERR_KEEL_SERVICE_DIED, its table entry says what
	 * next. */
	SYS_EXIT = 2,
	/* Value: TSC ticks left of this call's budget; 0 = yield or reply now. */
	SYS_TIME_LEFT = 3,
	/* Answers INCOMPLETE to the guest; returns when the guest re-issues the call. */
	SYS_YIELD = 4,
	/* (gpa, offset, bytes <= 4096): copies within one page of the caller's memory. */
	SYS_COPY_FROM_GUEST = 5,
	SYS_COPY_TO_GUEST = 6,
	/* (offset, count <= 511, first): changes pages by PVALIDATE entries entries[first..count).
	 * Value: [31:0] index of the first entry not done, [63:32] what RMP instruction failed
	 * with. ERR_AGAIN when time was up before the end. Right: pages. */
	SYS_PAGE_STATE = 7,
	/* (vmsa gpa, caa gpa, apic id), (vmsa gpa), (caa gpa). Right: vcpus. */
	SYS_VCPU_CREATE = 8,
	SYS_VCPU_DELETE = 9,
	SYS_REMAP_CA = 10,
	/* (protocol). Value: highest << 32 | lowest version, 0 = none. */
	SYS_PROTOCOL = 11,
	/* (offset, bytes <= 256): random bytes; ERR_FAULT when the hardware gives none. */
	SYS_RANDOM = 12,
	/* (offset, count <= 511, first): takes the pages of DEPOSIT_MEM entries
	 * entries[first..count). Value as for SYS_PAGE_STATE. Right: pages. */
	SYS_DEPOSIT = 13,
	/* (offset, room <= 511): gives free deposited pages back; their gPAs go to the buffer.
	 * Value: how many. Right: pages. */
	SYS_WITHDRAW = 14,
	SYS_COUNT
};

/* Rights of a service, in its table entry. */
#define SYS_RIGHT_GUEST_READ  BIT32(0) /* SYS_COPY_FROM_GUEST */
#define SYS_RIGHT_GUEST_WRITE BIT32(1) /* SYS_COPY_TO_GUEST */
#define SYS_RIGHT_PAGES	      BIT32(2) /* SYS_PAGE_STATE */
#define SYS_RIGHT_VCPUS	      BIT32(3) /* SYS_VCPU_*, SYS_REMAP_CA */
#define SYS_RIGHT_RANDOM      BIT32(4) /* SYS_RANDOM */

#define SYS_LOG_BYTES_MAX    256
#define SYS_RANDOM_BYTES_MAX 256

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

/*
 * At the entry point of each CPU: RDI = its message buffer, RSI = 1 on the CPU that is to run
 * service_init() (once in the life of an image), RSP 16-byte aligned, SSE state as after reset.
 */
