/* This CPU's own: found through GS in the kernel, and nowhere else. */
#pragma once

#include <stdint.h>

#include "arch/space.h"
#include "base/compiler.h"
#include "snp/ghcb.h"
#include "x86/regs.h"

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA   (0x18 | 3)
#define SELECTOR_USER_CODE   (0x20 | 3)
#define SELECTOR_TSS	     0x28

#define IST_COUNT 7

struct tss {
	uint32_t reserved_00;
	uint64_t rsp[3];
	uint64_t reserved_1c;
	uint64_t ist[IST_COUNT];
	uint64_t reserved_5c;
	uint16_t reserved_64;
	uint16_t iomap_base;
} PACKED;
ABI_SIZE(struct tss, 104);
ABI_OFFSET(struct tss, ist, 0x24);

/* Where a window is, the page-table entry that moves it, and what that entry always has. */
struct window_slot {
	uint64_t *entry;
	void *at;
	uint64_t bits;
};

/* The first two are for guest pages and RMP instructions, in the order of enum rmp_page_size. */
enum window { WINDOW_COPY, WINDOW_2M, WINDOW_VMSA, WINDOW_COUNT };

struct percpu {
	struct percpu *self; /* first: GS:0 */
	uint64_t index;
	struct user_ctx *ctx; /* whose registers the next trap from CPL3 goes to */
	uint64_t kernel_rsp;  /* where that trap returns to */
	uint64_t scratch;
	uint64_t cr3;
	uint64_t fs_base; /* what is loaded now, as cr3 is */
	void *fpu;	  /* likewise: whose state, or NULL */
	struct ghcb *ghcb;
	uint64_t gdt[7];
	struct tss tss;
	struct window_slot windows[WINDOW_COUNT];
};
_Static_assert(sizeof(struct percpu) <= 4096, "per-CPU data is one page");

/* The per-CPU data of this CPU. Not before the boot step "per-CPU data". */
static inline struct percpu *percpu_this(void)
{
	struct percpu *p;

	__asm__("mov %%gs:%c1, %0" : "=r"(p) : "i"(offsetof(struct percpu, self)));
	return p;
}

/* This CPU's own data, tables and stacks for a CPU; NULL: no memory. */
struct percpu *percpu_create(unsigned int index);

/* Where the kernel stack of a CPU that percpu_create() made begins. */
uint64_t percpu_stack_top(unsigned int index);

/* Value of the MSR that masks flags at SYSCALL: every one that can be. */
#define PERCPU_SFMASK (UINT64_C(0xFFFFFFFF) & ~RFLAGS_ONE)
#define PERCPU_STAR   ((uint64_t)SELECTOR_KERNEL_CODE << 32)

/* From trap_entry.S. */
void user_syscall(void);

/* Descriptors without a TSS, for the boot's first steps. */
void percpu_load_boot_gdt(void);
