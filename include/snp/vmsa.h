/*
 * The virtual machine save area of an SEV-ES/SNP vCPU (APM volume 2, appendix B, table B-4).
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

struct vmsa_segment {
	uint16_t selector;
	uint16_t attributes; /* type[3:0] S<<4 DPL<<5 P<<7 AVL<<8 L<<9 DB<<10 G<<11 */
	uint32_t limit;
	uint64_t base;
};
ABI_SIZE(struct vmsa_segment, 16);

struct vmsa {
	struct vmsa_segment es;		/* 000 */
	struct vmsa_segment cs;		/* 010 */
	struct vmsa_segment ss;		/* 020 */
	struct vmsa_segment ds;		/* 030 */
	struct vmsa_segment fs;		/* 040 */
	struct vmsa_segment gs;		/* 050 */
	struct vmsa_segment gdtr;	/* 060 */
	struct vmsa_segment ldtr;	/* 070 */
	struct vmsa_segment idtr;	/* 080 */
	struct vmsa_segment tr;		/* 090 */
	uint64_t pl_ssp[4];		/* 0A0 */
	uint64_t u_cet;			/* 0C0 */
	uint8_t reserved_0c8[2];
	uint8_t vmpl;			/* 0CA */
	uint8_t cpl;			/* 0CB */
	uint8_t reserved_0cc[4];
	uint64_t efer;			/* 0D0 */
	uint8_t reserved_0d8[0x68];
	uint64_t xss;			/* 140 */
	uint64_t cr4;			/* 148 */
	uint64_t cr3;			/* 150 */
	uint64_t cr0;			/* 158 */
	uint64_t dr7;			/* 160 */
	uint64_t dr6;			/* 168 */
	uint64_t rflags;		/* 170 */
	uint64_t rip;			/* 178 */
	uint64_t dr[4];			/* 180 */
	uint64_t dr_mask[4];		/* 1A0 */
	uint8_t reserved_1c0[0x18];
	uint64_t rsp;			/* 1D8 */
	uint64_t s_cet;			/* 1E0 */
	uint64_t ssp;			/* 1E8 */
	uint64_t isst_addr;		/* 1F0 */
	uint64_t rax;			/* 1F8 */
	uint64_t star;			/* 200 */
	uint64_t lstar;			/* 208 */
	uint64_t cstar;			/* 210 */
	uint64_t sfmask;		/* 218 */
	uint64_t kernel_gs_base;	/* 220 */
	uint64_t sysenter_cs;		/* 228 */
	uint64_t sysenter_esp;		/* 230 */
	uint64_t sysenter_eip;		/* 238 */
	uint64_t cr2;			/* 240 */
	uint8_t reserved_248[0x20];
	uint64_t g_pat;			/* 268 */
	uint64_t dbgctl;		/* 270 */
	uint64_t br_from;		/* 278 */
	uint64_t br_to;			/* 280 */
	uint64_t last_excp_from;	/* 288 */
	uint64_t last_excp_to;		/* 290 */
	uint8_t reserved_298[0x50];
	uint32_t pkru;			/* 2E8 */
	uint32_t tsc_aux;		/* 2EC */
	uint64_t guest_tsc_scale;	/* 2F0 */
	uint64_t guest_tsc_offset;	/* 2F8 */
	uint64_t reg_prot_nonce;	/* 300 */
	uint64_t rcx;			/* 308 */
	uint64_t rdx;			/* 310 */
	uint64_t rbx;			/* 318 */
	uint64_t secure_avic_control;	/* 320 */
	uint64_t rbp;			/* 328 */
	uint64_t rsi;			/* 330 */
	uint64_t rdi;			/* 338 */
	uint64_t r8;			/* 340 */
	uint64_t r9;			/* 348 */
	uint64_t r10_r15[6];		/* 350 */
	uint8_t reserved_380[0x10];
	uint64_t guest_exitinfo1;	/* 390 */
	uint64_t guest_exitinfo2;	/* 398 */
	uint64_t guest_exitintinfo;	/* 3A0 */
	uint64_t guest_nrip;		/* 3A8 */
	uint64_t sev_features;		/* 3B0 */
	uint64_t vintr_ctrl;		/* 3B8 */
	uint64_t guest_exitcode;	/* 3C0 */
	uint64_t virtual_tom;		/* 3C8 */
	uint64_t tlb_id;		/* 3D0 */
	uint64_t pcpu_id;		/* 3D8 */
	uint64_t eventinj;		/* 3E0 */
	uint64_t xcr0;			/* 3E8 */
	uint8_t reserved_3f0[0x10];
	uint64_t x87_dp;		/* 400 */
	uint32_t mxcsr;			/* 408 */
	uint16_t x87_ftw;		/* 40C */
	uint16_t x87_fsw;		/* 40E */
	uint16_t x87_fcw;		/* 410 */
	uint16_t x87_fop;		/* 412 */
	uint16_t x87_ds;		/* 414 */
	uint16_t x87_cs;		/* 416 */
	uint64_t x87_rip;		/* 418 */
	uint8_t x87_regs[80];		/* 420 */
	uint8_t xmm[256];		/* 470 */
	uint8_t ymm_high[256];		/* 570 */
	uint8_t reserved_670[0x990];
};
ABI_SIZE(struct vmsa, 4096);
ABI_OFFSET(struct vmsa, tr, 0x090);
ABI_OFFSET(struct vmsa, vmpl, 0x0CA);
ABI_OFFSET(struct vmsa, cpl, 0x0CB);
ABI_OFFSET(struct vmsa, efer, 0x0D0);
ABI_OFFSET(struct vmsa, xss, 0x140);
ABI_OFFSET(struct vmsa, cr4, 0x148);
ABI_OFFSET(struct vmsa, cr3, 0x150);
ABI_OFFSET(struct vmsa, cr0, 0x158);
ABI_OFFSET(struct vmsa, dr7, 0x160);
ABI_OFFSET(struct vmsa, dr6, 0x168);
ABI_OFFSET(struct vmsa, rflags, 0x170);
ABI_OFFSET(struct vmsa, rip, 0x178);
ABI_OFFSET(struct vmsa, rsp, 0x1D8);
ABI_OFFSET(struct vmsa, rax, 0x1F8);
ABI_OFFSET(struct vmsa, star, 0x200);
ABI_OFFSET(struct vmsa, kernel_gs_base, 0x220);
ABI_OFFSET(struct vmsa, cr2, 0x240);
ABI_OFFSET(struct vmsa, g_pat, 0x268);
ABI_OFFSET(struct vmsa, dbgctl, 0x270);
ABI_OFFSET(struct vmsa, pkru, 0x2E8);
ABI_OFFSET(struct vmsa, rcx, 0x308);
ABI_OFFSET(struct vmsa, rbx, 0x318);
ABI_OFFSET(struct vmsa, rbp, 0x328);
ABI_OFFSET(struct vmsa, r8, 0x340);
ABI_OFFSET(struct vmsa, guest_exitinfo1, 0x390);
ABI_OFFSET(struct vmsa, sev_features, 0x3B0);
ABI_OFFSET(struct vmsa, guest_exitcode, 0x3C0);
ABI_OFFSET(struct vmsa, eventinj, 0x3E0);
ABI_OFFSET(struct vmsa, xcr0, 0x3E8);
ABI_OFFSET(struct vmsa, x87_dp, 0x400);
ABI_OFFSET(struct vmsa, mxcsr, 0x408);
ABI_OFFSET(struct vmsa, x87_fcw, 0x410);
ABI_OFFSET(struct vmsa, x87_regs, 0x420);
ABI_OFFSET(struct vmsa, xmm, 0x470);
ABI_OFFSET(struct vmsa, ymm_high, 0x570);

/* SEV_FEATURES */
#define SEV_FEATURE_SNP_ACTIVE	     BIT(0)
#define SEV_FEATURE_VTOM	     BIT(1)
#define SEV_FEATURE_REFLECT_VC	     BIT(2)
#define SEV_FEATURE_RESTRICTED_INJ   BIT(3)
#define SEV_FEATURE_ALTERNATE_INJ    BIT(4)
#define SEV_FEATURE_DEBUG_SWAP	     BIT(5)

/* VINTR_CTRL */
#define VINTR_BUSY BIT(63)

/* Values after reset, used for the guest's first vCPU (APM volume 2, table 14-1). */
#define VMSA_RESET_PAT	 UINT64_C(0x0007040600070406)
#define VMSA_RESET_DR6	 UINT64_C(0xFFFF0FF0)
#define VMSA_RESET_DR7	 UINT64_C(0x400)
#define VMSA_RESET_MXCSR UINT32_C(0x1F80)
#define VMSA_RESET_FTW	 UINT16_C(0x5555)
#define VMSA_RESET_FCW	 UINT16_C(0x40)
#define VMSA_RESET_CR0	 UINT64_C(0x60000010)
