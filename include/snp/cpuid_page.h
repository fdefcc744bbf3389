/* The CPUID page (publication 56860, section 8.14.2.6): the only CPUID values the PSP has
 * checked. */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define CPUID_PAGE_MAX_ENTRIES 64

struct cpuid_entry {
	uint32_t eax_in;
	uint32_t ecx_in;
	uint64_t xcr0_in;
	uint64_t xss_in;
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
	uint64_t reserved;
};
ABI_SIZE(struct cpuid_entry, 48);

struct cpuid_page {
	uint32_t count;
	uint32_t reserved_04;
	uint64_t reserved_08;
	struct cpuid_entry entries[CPUID_PAGE_MAX_ENTRIES];
	uint8_t reserved_c10[1008];
};
ABI_SIZE(struct cpuid_page, 4096);
ABI_OFFSET(struct cpuid_page, entries, 0x10);

/* Leaf 8000_001F: EBX[5:0] C-bit position; EAX features. */
#define CPUID_SEV_LEAF		 UINT32_C(0x8000001F)
#define CPUID_SEV_EAX_SEV	 BIT32(1)
#define CPUID_SEV_EAX_ES	 BIT32(3)
#define CPUID_SEV_EAX_SNP	 BIT32(4)
#define CPUID_SEV_EAX_VMPL	 BIT32(5)
#define CPUID_SEV_EAX_SVSM	 BIT32(28) /* set by guest #VC handlers, never by the host */
#define CPUID_SEV_EBX_CBIT(ebx)	 ((ebx)&0x3F)
#define CPUID_7_EBX_RDSEED	 BIT32(18)
#define CPUID_7_ECX_LA57	 BIT32(16)

#define CPUID_FEATURES_LEAF   UINT32_C(1)
#define CPUID_1_ECX_OSXSAVE   BIT32(27)
