/*
 * Launch: page types and the structure hashed for each page (publication 56860, section 8.17.2).
 * The digest starts as 48 zero bytes; each page makes it SHA-384 of struct page_info.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define LAUNCH_DIGEST_BYTES 48

#define LAUNCH_PAGE_NORMAL     1
#define LAUNCH_PAGE_VMSA       2
#define LAUNCH_PAGE_ZERO       3
#define LAUNCH_PAGE_UNMEASURED 4
#define LAUNCH_PAGE_SECRETS    5
#define LAUNCH_PAGE_CPUID      6

/* KVM measures every VMSA at this gPA, after all pages. */
#define LAUNCH_VMSA_GPA UINT64_C(0xFFFFFFFFF000)

struct page_info {
	uint8_t digest_cur[LAUNCH_DIGEST_BYTES]; /* 00 */
	uint8_t contents[LAUNCH_DIGEST_BYTES];	 /* 30, SHA-384 of the page, or zeros by type */
	uint16_t length;			 /* 60, 0x70 */
	uint8_t page_type;			 /* 62 */
	uint8_t imi_page;			 /* 63, bit 0 */
	uint8_t reserved_64;
	uint8_t vmpl1_perms;			 /* 65 */
	uint8_t vmpl2_perms;			 /* 66 */
	uint8_t vmpl3_perms;			 /* 67 */
	uint64_t gpa;				 /* 68 */
};
ABI_SIZE(struct page_info, 0x70);
ABI_OFFSET(struct page_info, contents, 0x30);
ABI_OFFSET(struct page_info, length, 0x60);
ABI_OFFSET(struct page_info, vmpl1_perms, 0x65);
ABI_OFFSET(struct page_info, gpa, 0x68);

/* Guest policy bits. */
#define POLICY_ABI	 MASK(15, 0) /* major and minor version: the least the guest accepts */
#define POLICY_SMT	 BIT(16)
#define POLICY_RESERVED1 BIT(17) /* must be one */
#define POLICY_DEBUG	 BIT(19)
#define POLICY_RESERVED0 MASK(63, 26) /* must be zero */
#define POLICY_DEFAULT	 UINT64_C(0x30000)
