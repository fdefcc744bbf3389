/*
 * Where the test guest lives. Included by assembly and by C. The ranges that its SEV metadata asks
 * for (reset.S) are validated, and zeroed where they are plain memory, before it starts; everything
 * else is not.
 */
#pragma once

#define TABLES_GPA   0x800000 /* PML4, PDPT, four PDs, one PT: identity map of 4 GiB */
#define PML4_GPA     0x800000
#define PDPT_GPA     0x801000
#define PD_GPA	     0x802000
#define PT_GPA	     0x806000 /* of the 2 MiB at TABLES_GPA, page by page */
#define TABLES_BYTES 0x8000
#define SHARED_GPA   0x808000 /* not validated: what the host tells, cases_smp.c */
#define GHCB_GPA     0x809000 /* not validated: shared with the host from the start */
#define SECRETS_GPA  0x80d000
#define CPUID_GPA    0x80e000
#define CAA_GPA	     0x80f000
#define STACK_GPA    0x810000
#define STACK_END    0x820000
#define MEMORY_GPA   0x810000 /* stack, then what reset.S copies from flash, then bss */
#define MEMORY_BYTES 0x70000

#define SEL_CODE32 0x08
#define SEL_DATA   0x10
#define SEL_CODE64 0x18
