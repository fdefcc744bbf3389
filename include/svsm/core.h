/* Protocol 0, version 1: the core protocol (publication 58019, chapter 6). */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define SVSM_CORE_VERSION 1

#define SVSM_CORE_REMAP_CA	 0
#define SVSM_CORE_PVALIDATE	 1
#define SVSM_CORE_CREATE_VCPU	 2
#define SVSM_CORE_DELETE_VCPU	 3
#define SVSM_CORE_DEPOSIT_MEM	 4
#define SVSM_CORE_WITHDRAW_MEM	 5
#define SVSM_CORE_QUERY_PROTOCOL 6
#define SVSM_CORE_CONFIGURE_VTOM 7

/* Head of the lists of PVALIDATE and DEPOSIT_MEM: eight-byte aligned, never crossing a page. */
struct svsm_list {
	uint16_t count;
	uint16_t next;
	uint32_t reserved; /* to be ignored: guests leave anything in it */
};
ABI_SIZE(struct svsm_list, 8);

#define SVSM_LIST_MAX_ENTRIES ((PAGE_SIZE - sizeof(struct svsm_list)) / sizeof(uint64_t)) /* 511   \
											   */

/* PVALIDATE entries: [1:0] size, [2] action, [3] ignore CF, [11:4] reserved, [63:12] gfn. */
#define SVSM_PVALIDATE_SIZE(e)	 ((e)&3)
#define SVSM_PVALIDATE_2M	 UINT64_C(1)
#define SVSM_PVALIDATE_VALIDATE	 BIT(2)
#define SVSM_PVALIDATE_IGNORE_CF BIT(3)
#define SVSM_PVALIDATE_RESERVED	 MASK(11, 4)
#define SVSM_PVALIDATE_GPA(e)	 ((e) & ~UINT64_C(0xFFF))

/* DEPOSIT_MEM entries: [1:0] size as above, [11:2] reserved, [63:12] gfn. */
#define SVSM_DEPOSIT_RESERVED MASK(11, 2)

/* WITHDRAW_MEM's buffer: eight-byte aligned, with room for as many pages as fit before its page's
 * end. */
struct svsm_withdrawn {
	uint16_t count;
	uint8_t reserved_02[6];
	uint64_t gpas[];
};

/* QUERY_PROTOCOL: RCX in protocol<<32 | version, out highest<<32 | lowest, or 0. */
#define SVSM_PROTOCOL_VERSIONS(highest, lowest) (((uint64_t)(highest) << 32) | (uint32_t)(lowest))

/* CONFIGURE_VTOM, RCX. */
#define SVSM_VTOM_QUERY	    BIT(0)
#define SVSM_VTOM_SUPPORTED BIT(1)
