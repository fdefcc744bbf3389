/*
 * The hostile service: does what its caller says against the kernel, other services and the guest,
 * and tells what came of it. Only in test images, where it is there three times: with no rights at
 * all, with many and a small quota, and with a quota that its SVSM has not got.
 */
#pragma once

#include <stdint.h>

#define HOSTILE_PROTOCOL  UINT32_C(0x4B455356)
#define INTRUDER_PROTOCOL UINT32_C(0x4B455357)
#define GLUTTON_PROTOCOL  UINT32_C(0x4B455358)
#define HOSTILE_VERSION	  1

#define HOSTILE_HEAP_PAGES  4
#define INTRUDER_HEAP_PAGES 16
#define GLUTTON_HEAP_PAGES  2048 /* 8 MiB: as much as the SVSM has in the test */

enum hostile_call {
	HOSTILE_ECHO, /* RCX = RCX + 1 */
	/* RCX: an address to read, write or execute. Answers if it lives on. */
	HOSTILE_READ,
	HOSTILE_WRITE,
	HOSTILE_EXECUTE,
	/* RCX: pages from a gPA in RDX on, each copied from the guest and back. RCX = how many of
	 * both were not refused with ERR_ADDRESS. */
	HOSTILE_COPY_PAGES,
	/* The same of addresses, by a pointer in Linux's write and getrandom. Not EFAULT. */
	HOSTILE_POINT_AT_PAGES,
	HOSTILE_TAKE_MEMORY, /* until it is refused: RCX = pages, RDX = enum err, R8 = their sum */
	/* Peer RCX, call RDX with RCX = R9, capacity R8. RCX = enum err, RDX = its result, R8 = its
	 * RCX. With HOSTILE_PEER_LONG its payload is said to be R9 bytes. */
	HOSTILE_PEER,
	HOSTILE_PEER_LONG,
	HOSTILE_REPLY_TWICE, /* answers at once, and the next call with what this one's was */
	HOSTILE_REPLY_BYTES, /* RCX: payload_bytes of the reply */
	HOSTILE_REPLY_OTHERS, /* as if for the protocol in RCX */
	HOSTILE_YIELD, /* RCX times */
	HOSTILE_LOOP, /* RCX: enum hostile_loop, for ever */
	/* RCX: what fills the registers of x87 and SSE. */
	HOSTILE_FPU_SET,
	/* RCX = bytes in them that differ from RCX, RDX = MXCSR << 32 | FCW. */
	HOSTILE_FPU_GET,
	HOSTILE_FPU_WIDE, /* AVX */
	HOSTILE_FPU_XSAVE,
	/* By message: the request's bytes are the reply's, whatever they are. Four bytes are the
	 * number that the reply is said to have. */
	HOSTILE_PARROT,
};

/* A system call: its number is added; RCX, RDX, R8, R9 are its arguments. RCX = RAX, RDX = RDX. */
#define HOSTILE_SYSCALL UINT32_C(0x10000)

enum hostile_loop {
	HOSTILE_LOOP_TIME, /* SYS_TIME_LEFT */
	HOSTILE_LOOP_COPY, /* SYS_COPY_FROM_GUEST, refused each time */
	HOSTILE_LOOP_PEER, /* SYS_PEER: RDX is the peer */
	HOSTILE_LOOP_LINUX, /* clock_gettime */
	HOSTILE_LOOP_CPUID, /* an instruction that the kernel emulates */
	HOSTILE_LOOP_COUNT,
};

/* What HOSTILE_FPU_SET leaves in the control words, and what they are after reset. */
#define HOSTILE_MXCSR	    0x9FC0
#define HOSTILE_FCW	    0x27F
#define HOSTILE_MXCSR_RESET 0x1F80
#define HOSTILE_FCW_RESET   0x37F

/* Linux's numbers. */
#define HOSTILE_LINUX_WRITE	    1
#define HOSTILE_LINUX_MMAP	    9
#define HOSTILE_LINUX_MPROTECT	    10
#define HOSTILE_LINUX_MUNMAP	    11
#define HOSTILE_LINUX_WRITEV	    20
#define HOSTILE_LINUX_FORK	    57
#define HOSTILE_LINUX_EXECVE	    59
#define HOSTILE_LINUX_ARCH_PRCTL    158
#define HOSTILE_LINUX_CLOCK_GETTIME 228
#define HOSTILE_LINUX_OPENAT	    257
#define HOSTILE_LINUX_GETRANDOM	    318
