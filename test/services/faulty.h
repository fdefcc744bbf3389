/*
 * The faulty service: a protocol of calls that go wrong on request. Only in test images. The
 * service and the test guest share this header.
 */
#pragma once

#include <stdint.h>

#include "msg/sys.h"

#define FAULTY_PROTOCOL UINT32_C(0x4B455354) /* "KEST" */
#define FAULTY_VERSION	1
/* The same image under another name, which stays down once it has died. */
#define FRAGILE_PROTOCOL UINT32_C(0x4B455355)

/* What its table entry must give it: it may read guest memory and lacks every other right. */
#define FAULTY_RIGHTS SYS_RIGHT_GUEST_READ

/* In attestation's table. */
#define FAULTY_GUID                                                                                \
	{                                                                                          \
		0xFA, 0x01, 0x02, 0x03                                                             \
	}

/* Versions of its manifest (MSG_CALL_MANIFEST), one for each way to answer a peer. */
enum faulty_manifest {
	FAULTY_MANIFEST_TEXT, /* FAULTY_MANIFEST, without NUL */
	FAULTY_MANIFEST_YIELDS, /* the same, after some yields */
	FAULTY_MANIFEST_FULL, /* as long as can be, all 'F' */
	FAULTY_MANIFEST_TOO_LONG, /* ends the service */
	FAULTY_MANIFEST_EXIT, /* so does this */
	FAULTY_MANIFEST_COUNT, /* and others it has not */
};
#define FAULTY_MANIFEST "what the faulty service says"

enum faulty_call {
	/* Answer: RCX = RCX + 1. */
	FAULTY_ECHO = 0,
	/* Yields RCX times, then answers RCX = how often it was resumed. */
	FAULTY_YIELD,
	/* Makes a system call that the kernel refuses; RCX picks one (enum faulty_syscall). Answers
	 * RCX = enum err. */
	FAULTY_SYSCALL,
	/* Copies 8 bytes of the gPA in RDX by a system call made in an odd state of the CPU; RCX
	 * picks one (enum faulty_odd). Answers RCX = the bytes. */
	FAULTY_ODD,
	/* VMGEXIT: hardware may let CPL3 execute it. What the host then does is no harm. */
	FAULTY_VMGEXIT,

	/* Each of these ends the service. */
	FAULTY_FIRST_DEADLY = 0x100,
	FAULTY_DE = FAULTY_FIRST_DEADLY,
	FAULTY_DB,
	FAULTY_BP,
	FAULTY_OF,
	FAULTY_UD,
	FAULTY_GP,
	FAULTY_SS,
	FAULTY_READ_KERNEL,
	FAULTY_WRITE_KERNEL,
	FAULTY_EXEC_KERNEL,
	FAULTY_READ_UNMAPPED,
	FAULTY_EXEC_UNMAPPED,
	FAULTY_WRITE_TEXT,
	FAULTY_WRITE_CONSTANTS,
	FAULTY_EXEC_DATA,
	FAULTY_EXEC_STACK,
	FAULTY_EXEC_MESSAGE,
	FAULTY_STACK_OVERFLOW,
	FAULTY_PAST_MESSAGE,
	FAULTY_INT_80,
	FAULTY_INT_VC,
	FAULTY_INT_HV,
	FAULTY_INT_NMI,
	FAULTY_INT_DF,
	FAULTY_HLT,
	FAULTY_CLI,
	FAULTY_STI,
	FAULTY_IN,
	FAULTY_OUT,
	FAULTY_RDMSR,
	FAULTY_WRMSR,
	FAULTY_READ_CR3,
	FAULTY_WRITE_CR3,
	FAULTY_WRITE_DR7,
	FAULTY_LGDT,
	FAULTY_LIDT,
	FAULTY_INVLPG,
	FAULTY_SWAPGS,
	FAULTY_SYSRET,
	FAULTY_IRET_KERNEL,
	FAULTY_WBINVD,
	FAULTY_VMMCALL,
	FAULTY_PVALIDATE,
	FAULTY_RMPADJUST,
	FAULTY_RMPQUERY,
	FAULTY_INVLPGB,
	FAULTY_TLBSYNC,
	FAULTY_VMRUN,
	FAULTY_RDPMC,
	FAULTY_XSETBV,
	FAULTY_CLTS,
	FAULTY_SGDT,
	FAULTY_SIDT,
	FAULTY_SLDT,
	FAULTY_STR,
	FAULTY_SMSW,
	FAULTY_LTR,
	FAULTY_LLDT,
	FAULTY_WRFSBASE,
	FAULTY_SYSENTER,
	FAULTY_STAC,
	FAULTY_SSE,
	FAULTY_X87,
	FAULTY_KERNEL_SS,
	FAULTY_KERNEL_CS,
	FAULTY_STEP,
	FAULTY_UD_ODD_FLAGS,
	FAULTY_UD_ODD_STACK,
	FAULTY_EXIT,
	FAULTY_OVERRUN,
	FAULTY_REPLY_VERSION,
	FAULTY_REPLY_PROTOCOL,
	FAULTY_REPLY_CALL,
	FAULTY_REPLY_FLAGS,
	FAULTY_REPLY_PAYLOAD,
	FAULTY_DEADLY_END,
};

/* RCX of FAULTY_ODD. */
enum faulty_odd {
	FAULTY_ODD_NOT, /* none, to compare with */
	FAULTY_ODD_FLAGS, /* direction, alignment check, nested task */
	FAULTY_ODD_STACK, /* the stack pointer names the kernel */
	FAULTY_ODD_SEGMENTS, /* null selectors */
	FAULTY_ODD_COUNT,
};

/* RCX of FAULTY_SYSCALL. */
enum faulty_syscall {
	FAULTY_SYS_NUMBER, /* the first that does not exist */
	FAULTY_SYS_NUMBER_HIGH, /* bit 63 */
	FAULTY_SYS_PAGE_STATE, /* without the right */
	FAULTY_SYS_VCPU_CREATE,
	FAULTY_SYS_VCPU_DELETE,
	FAULTY_SYS_REMAP_CA,
	FAULTY_SYS_COPY_TO_GUEST,
	FAULTY_SYS_RANDOM,
	FAULTY_SYS_DEPOSIT,
	FAULTY_SYS_WITHDRAW,
	FAULTY_SYS_COPY_PAST_BUFFER, /* from here: offsets and lengths out of the buffer */
	FAULTY_SYS_COPY_OFFSET_WRAPS,
	FAULTY_SYS_COPY_TOO_LONG,
	FAULTY_SYS_COPY_NOTHING,
	FAULTY_SYS_LOG_PAST_BUFFER,
	FAULTY_SYS_LOG_TOO_LONG,
	FAULTY_SYS_COPY_KERNEL, /* a gPA that is the SVSM's own, in RDX */
	FAULTY_SYS_COUNT,
};
