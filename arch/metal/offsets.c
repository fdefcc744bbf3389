/*
 * Numbers for assembly, taken from the structures themselves. Compiled to assembly text only;
 * tools/gen/asm_offsets.py turns the marked lines into asm_offsets.h.
 */
#include <stddef.h>

#include "arch/space.h"
#include "metal/access.h"
#include "metal/percpu.h"
#include "metal/trap.h"
#include "msg/image.h"
#include "snp/cpuid_page.h"
#include "snp/ghcb_msr.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define DEFINE(name, value) __asm__ volatile("\n# @@ " #name " %0" : : "i"((long)(value)))

void offsets_stub(void);
void offsets_stub(void)
{
	DEFINE(STUB_CPUID_GPA, offsetof(struct stub_params, cpuid_gpa));
	DEFINE(STUB_TABLES_GPA, offsetof(struct stub_params, tables_gpa));
	DEFINE(STUB_TABLES_PAGES, offsetof(struct stub_params, tables_pages));
	DEFINE(STUB_ROOT4_GPA, offsetof(struct stub_params, root4_gpa));
	DEFINE(STUB_ROOT5_GPA, offsetof(struct stub_params, root5_gpa));
	DEFINE(STUB_FLAGS, offsetof(struct stub_params, flags));
	DEFINE(STUB_ENTRY, offsetof(struct stub_params, entry));
	DEFINE(STUB_STACK, offsetof(struct stub_params, stack));
	DEFINE(WANT_LA57, IMAGE_WANT_LA57);
	DEFINE(IMAGE_MAP_VA, KERNEL_VA);
	DEFINE(CPUID_COUNT, offsetof(struct cpuid_page, count));
	DEFINE(CPUID_ENTRIES, offsetof(struct cpuid_page, entries));
	DEFINE(CPUID_MAX, CPUID_PAGE_MAX_ENTRIES);
	DEFINE(CPUID_ENTRY_BYTES, sizeof(struct cpuid_entry));
	DEFINE(CPUID_EAX_IN, offsetof(struct cpuid_entry, eax_in));
	DEFINE(CPUID_ECX_IN, offsetof(struct cpuid_entry, ecx_in));
	DEFINE(CPUID_EBX, offsetof(struct cpuid_entry, ebx));
	DEFINE(CPUID_ECX, offsetof(struct cpuid_entry, ecx));
	DEFINE(CPUID_SEV_LEAF_VALUE, CPUID_SEV_LEAF);
	DEFINE(LA57_OFFERED, CPUID_7_ECX_LA57);
	DEFINE(CR4_PAE_BIT, CR4_PAE);
	DEFINE(CR4_LA57_BIT, CR4_LA57);
	DEFINE(MSR_EFER_NUMBER, MSR_EFER);
	DEFINE(EFER_LONG_MODE, EFER_LME | EFER_NXE);
	DEFINE(CR0_PAGING, CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_PE);
	DEFINE(GHCB_MSR_NUMBER, MSR_GHCB);
	DEFINE(TERMINATE_ENVIRONMENT, GHCB_MSR_TERMINATE(GHCB_TERM_SET_KEEL, 1));
}

void offsets_trap(void);
void offsets_trap(void)
{
	DEFINE(ACCESS_FAULTED_VALUE, ACCESS_FAULTED);
	DEFINE(PERCPU_CTX, offsetof(struct percpu, ctx));
	DEFINE(PERCPU_KERNEL_RSP, offsetof(struct percpu, kernel_rsp));
	DEFINE(PERCPU_SCRATCH, offsetof(struct percpu, scratch));
	DEFINE(CTX_RAX, offsetof(struct user_ctx, rax));
	DEFINE(CTX_RBX, offsetof(struct user_ctx, rbx));
	DEFINE(CTX_RCX, offsetof(struct user_ctx, rcx));
	DEFINE(CTX_RDX, offsetof(struct user_ctx, rdx));
	DEFINE(CTX_RSI, offsetof(struct user_ctx, rsi));
	DEFINE(CTX_RDI, offsetof(struct user_ctx, rdi));
	DEFINE(CTX_RBP, offsetof(struct user_ctx, rbp));
	DEFINE(CTX_RSP, offsetof(struct user_ctx, rsp));
	DEFINE(CTX_R8, offsetof(struct user_ctx, r8));
	DEFINE(CTX_R9, offsetof(struct user_ctx, r9));
	DEFINE(CTX_R10, offsetof(struct user_ctx, r10));
	DEFINE(CTX_R11, offsetof(struct user_ctx, r11));
	DEFINE(CTX_R12, offsetof(struct user_ctx, r12));
	DEFINE(CTX_R13, offsetof(struct user_ctx, r13));
	DEFINE(CTX_R14, offsetof(struct user_ctx, r14));
	DEFINE(CTX_R15, offsetof(struct user_ctx, r15));
	DEFINE(CTX_RIP, offsetof(struct user_ctx, rip));
	DEFINE(CTX_RFLAGS, offsetof(struct user_ctx, rflags));
	DEFINE(CTX_VECTOR, offsetof(struct user_ctx, vector));
	DEFINE(CTX_ERROR, offsetof(struct user_ctx, error));
	DEFINE(CTX_CR2, offsetof(struct user_ctx, cr2));
	DEFINE(CTX_SYSCALL, USER_SYSCALL);
	DEFINE(USER_CS, SELECTOR_USER_CODE);
	DEFINE(USER_SS, SELECTOR_USER_DATA);
	DEFINE(TRAP_CS, offsetof(struct trap_frame, cs) - offsetof(struct trap_frame, vector));
	DEFINE(TRAP_ERROR,
	       offsetof(struct trap_frame, error) - offsetof(struct trap_frame, vector));
	DEFINE(TRAP_RIP, offsetof(struct trap_frame, rip) - offsetof(struct trap_frame, vector));
	DEFINE(TRAP_RFLAGS,
	       offsetof(struct trap_frame, rflags) - offsetof(struct trap_frame, vector));
	DEFINE(TRAP_RSP, offsetof(struct trap_frame, rsp) - offsetof(struct trap_frame, vector));
}
