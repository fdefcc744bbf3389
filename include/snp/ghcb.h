/*
 * The Guest-Hypervisor Communication Block (publication 56421, section 2.6): one page shared with
 * the host. Where its fields carry registers they lie at the offsets of the save area.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define GHCB_BUFFER_BYTES 0x7F0
#define GHCB_PROTOCOL_2	  2

struct ghcb {
	uint8_t reserved_000[0x0CB];
	uint8_t cpl;			/* 0CB */
	uint8_t reserved_0cc[0x74];
	uint64_t xss;			/* 140 */
	uint8_t reserved_148[0x18];
	uint64_t dr7;			/* 160 */
	uint8_t reserved_168[0x90];
	uint64_t rax;			/* 1F8 */
	uint8_t reserved_200[0x108];
	uint64_t rcx;			/* 308 */
	uint64_t rdx;			/* 310 */
	uint64_t rbx;			/* 318 */
	uint8_t reserved_320[0x8];
	uint64_t rbp;			/* 328 */
	uint64_t rsi;			/* 330 */
	uint64_t rdi;			/* 338 */
	uint64_t r8_r15[8];		/* 340 */
	uint8_t reserved_380[0x10];
	uint64_t exit_code;		/* 390 SW_EXITCODE */
	uint64_t exit_info_1;		/* 398 SW_EXITINFO1 */
	uint64_t exit_info_2;		/* 3A0 SW_EXITINFO2 */
	uint64_t scratch;		/* 3A8 SW_SCRATCH */
	uint8_t reserved_3b0[0x38];
	uint64_t xcr0;			/* 3E8 */
	uint8_t valid_bitmap[16];	/* 3F0, one bit per eight bytes */
	uint64_t x87_state_gpa;		/* 400 */
	uint8_t reserved_408[0x3F8];
	uint8_t buffer[GHCB_BUFFER_BYTES]; /* 800 */
	uint8_t reserved_ff0[0xA];
	uint16_t protocol_version;	/* FFA */
	uint32_t usage;			/* FFC, 0 */
};
ABI_SIZE(struct ghcb, 4096);
ABI_OFFSET(struct ghcb, cpl, 0x0CB);
ABI_OFFSET(struct ghcb, xss, 0x140);
ABI_OFFSET(struct ghcb, dr7, 0x160);
ABI_OFFSET(struct ghcb, rax, 0x1F8);
ABI_OFFSET(struct ghcb, rcx, 0x308);
ABI_OFFSET(struct ghcb, rdx, 0x310);
ABI_OFFSET(struct ghcb, rbx, 0x318);
ABI_OFFSET(struct ghcb, rbp, 0x328);
ABI_OFFSET(struct ghcb, rsi, 0x330);
ABI_OFFSET(struct ghcb, rdi, 0x338);
ABI_OFFSET(struct ghcb, r8_r15, 0x340);
ABI_OFFSET(struct ghcb, exit_code, 0x390);
ABI_OFFSET(struct ghcb, exit_info_1, 0x398);
ABI_OFFSET(struct ghcb, exit_info_2, 0x3A0);
ABI_OFFSET(struct ghcb, scratch, 0x3A8);
ABI_OFFSET(struct ghcb, xcr0, 0x3E8);
ABI_OFFSET(struct ghcb, valid_bitmap, 0x3F0);
ABI_OFFSET(struct ghcb, x87_state_gpa, 0x400);
ABI_OFFSET(struct ghcb, buffer, 0x800);
ABI_OFFSET(struct ghcb, protocol_version, 0xFFA);
ABI_OFFSET(struct ghcb, usage, 0xFFC);

/* Index of a field's bit in valid_bitmap. */
#define GHCB_VALID(field) (offsetof(struct ghcb, field) / 8)

/* SW_EXITCODE: hardware exit codes (APM volume 2, appendix C), then the software events. */
#define EXIT_DR7_READ	     0x27
#define EXIT_DR7_WRITE	     0x37
#define EXIT_EXCP_UD	     0x46
#define EXIT_INTR	     0x60
#define EXIT_NMI	     0x61
#define EXIT_RDTSC	     0x6E
#define EXIT_RDPMC	     0x6F
#define EXIT_CPUID	     0x72
#define EXIT_INVD	     0x76
#define EXIT_HLT	     0x78
#define EXIT_IOIO	     0x7B
#define EXIT_MSR	     0x7C
#define EXIT_SHUTDOWN	     0x7F
#define EXIT_VMMCALL	     0x81
#define EXIT_RDTSCP	     0x87
#define EXIT_WBINVD	     0x89
#define EXIT_MONITOR	     0x8A
#define EXIT_MWAIT	     0x8B
#define EXIT_NPF	     0x400
#define EXIT_VMGEXIT	     0x403
#define EXIT_NOT_VALIDATED   0x404 /* #VC only: access to a page that is not validated */
#define EXIT_INVALID	     UINT64_C(0xFFFFFFFFFFFFFFFF)

#define GHCB_EVENT_MMIO_READ	   UINT64_C(0x80000001)
#define GHCB_EVENT_MMIO_WRITE	   UINT64_C(0x80000002)
#define GHCB_EVENT_NMI_COMPLETE	   UINT64_C(0x80000003)
#define GHCB_EVENT_AP_RESET_HOLD   UINT64_C(0x80000004)
#define GHCB_EVENT_AP_JUMP_TABLE   UINT64_C(0x80000005)
#define GHCB_EVENT_PSC		   UINT64_C(0x80000010)
#define GHCB_EVENT_GUEST_REQUEST   UINT64_C(0x80000011)
#define GHCB_EVENT_EXT_REQUEST	   UINT64_C(0x80000012)
#define GHCB_EVENT_AP_CREATION	   UINT64_C(0x80000013)
#define GHCB_EVENT_HV_DOORBELL	   UINT64_C(0x80000014)
#define GHCB_EVENT_GET_APIC_IDS	   UINT64_C(0x80000017)
#define GHCB_EVENT_RUN_VMPL	   UINT64_C(0x80000018)
#define GHCB_EVENT_HV_FEATURES	   UINT64_C(0x8000FFFD)
#define GHCB_EVENT_TERMINATE	   UINT64_C(0x8000FFFE)
#define GHCB_EVENT_UNSUPPORTED	   UINT64_C(0x8000FFFF)

/* IOIO, SW_EXITINFO1 (as the hardware's EXITINFO1). */
#define IOIO_IN		BIT(0)
#define IOIO_STRING	BIT(2)
#define IOIO_REP	BIT(3)
#define IOIO_SIZE_8	BIT(4)
#define IOIO_SIZE_16	BIT(5)
#define IOIO_SIZE_32	BIT(6)
#define IOIO_ADDR_16	BIT(7)
#define IOIO_ADDR_32	BIT(8)
#define IOIO_ADDR_64	BIT(9)
#define IOIO_SEG_SHIFT	10
#define IOIO_PORT_SHIFT 16

/* AP creation, SW_EXITINFO1: [63:32] APIC id, [19:16] VMPL, [1:0] action; EXITINFO2 the VMSA. */
#define AP_CREATE_ON_INIT 0
#define AP_CREATE	  1
#define AP_DESTROY	  2
#define AP_CREATION_INFO(apic, vmpl, action) \
	(((uint64_t)(apic) << 32) | ((uint64_t)(vmpl) << 16) | (uint64_t)(action))

/* Results: EXITINFO1[31:0] says which kind, EXITINFO2 carries the detail. */
#define GHCB_RESULT_OK	      0
#define GHCB_RESULT_EXCEPTION 1 /* EXITINFO2 in EVENTINJ format; #UD and #GP only */
#define GHCB_RESULT_MALFORMED 2

#define GHCB_BAD_NOT_REGISTERED 1
#define GHCB_BAD_USAGE		2
#define GHCB_BAD_SCRATCH	3
#define GHCB_BAD_MISSING_INPUT	4
#define GHCB_BAD_INPUT		5
#define GHCB_BAD_EVENT		6

/* EVENTINJ format. */
#define EVENTINJ_VALID	       BIT(31)
#define EVENTINJ_ERROR_VALID   BIT(11)
#define EVENTINJ_VECTOR(event) ((event) & 0xff)
#define EVENTINJ_TYPE(event)   ((event) & UINT64_C(0x700))
#define EVENTINJ_TYPE_INTR     (UINT64_C(0) << 8)
#define EVENTINJ_TYPE_NMI      (UINT64_C(2) << 8)
#define EVENTINJ_TYPE_EXCEPTION (UINT64_C(3) << 8)

/* Page state change (section 4.1.6), a structure in the GHCB's buffer. */
#define PSC_MAX_ENTRIES 253

struct psc_header {
	uint16_t cur_entry;
	uint16_t end_entry; /* inclusive */
	uint32_t reserved;
};
ABI_SIZE(struct psc_header, 8);

struct psc {
	struct psc_header header;
	/* [11:0] current page, [51:12] gfn, [55:52] operation, [56] 2 MiB */
	uint64_t entries[PSC_MAX_ENTRIES];
};
ABI_SIZE(struct psc, 8 + 8 * PSC_MAX_ENTRIES);
_Static_assert(sizeof(struct psc) == GHCB_BUFFER_BYTES, "a full PSC list fills the buffer");

#define PSC_PAGE_MASK	 UINT64_C(0xFFF)
#define PSC_GFN(e)	 bits_get((e), 51, 12)
#define PSC_OPERATION(e) bits_get((e), 55, 52)
#define PSC_2M		 BIT(56)
#define PSC_RESERVED	 MASK(63, 57)

#define PSC_OP_PRIVATE 1
#define PSC_OP_SHARED  2
#define PSC_OP_PSMASH  3
#define PSC_OP_UNSMASH 4

#define PSC_ERROR_INVALID_HEADER (UINT64_C(1) << 32 | 1)
#define PSC_ERROR_INVALID_ENTRY	 (UINT64_C(1) << 32 | 2)
#define PSC_ERROR_GENERIC	 (UINT64_C(0x100) << 32)
