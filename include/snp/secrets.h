/*
 * The secrets page (SNP firmware ABI, publication 56860, section 8.14.2.5, and the SVSM fields of
 * publication 58019). The PSP fills it at launch; the SVSM hands the guest a copy.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define VMPCK_BYTES 32

struct secrets_page {
	uint32_t version;		/* 000 */
	uint32_t imi_en;		/* 004, bit 0 */
	uint32_t fms;			/* 008 */
	uint32_t reserved_00c;
	uint8_t gosvw[16];		/* 010 */
	uint8_t vmpck[4][VMPCK_BYTES];	/* 020 */
	uint8_t os_area[96];		/* 0A0, guest's own: sequence numbers, AP jump table */
	uint8_t vmsa_tweak_bitmap[64];	/* 100 */
	uint64_t svsm_base;		/* 140 */
	uint64_t svsm_size;		/* 148, 0 = no SVSM */
	uint64_t svsm_caa;		/* 150 */
	uint32_t svsm_max_version;	/* 158 */
	uint8_t svsm_guest_vmpl;	/* 15C */
	uint8_t reserved_15d[3];
	uint32_t tsc_factor;		/* 160 */
	uint8_t reserved_164[3740];
};
ABI_SIZE(struct secrets_page, 4096);
ABI_OFFSET(struct secrets_page, gosvw, 0x010);
ABI_OFFSET(struct secrets_page, vmpck, 0x020);
ABI_OFFSET(struct secrets_page, os_area, 0x0A0);
ABI_OFFSET(struct secrets_page, vmsa_tweak_bitmap, 0x100);
ABI_OFFSET(struct secrets_page, svsm_base, 0x140);
ABI_OFFSET(struct secrets_page, svsm_caa, 0x150);
ABI_OFFSET(struct secrets_page, svsm_guest_vmpl, 0x15C);
ABI_OFFSET(struct secrets_page, tsc_factor, 0x160);
