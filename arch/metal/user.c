/* Services' address spaces, and the way to CPL3 and back. */
#include "arch/space.h"

#include "arch/boot.h"
#include "log.h"
#include "metal/fpu.h"
#include "metal/insn.h"
#include "metal/percpu.h"
#include "metal/tables.h"
#include "metal/trap.h"
#include "mm/pool.h"
#include "snp/ghcb.h"
#include "x86/cpuid_table.h"
#include "x86/insn_decode.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/regs.h"

/* What a service may choose: the status flags and the direction flag. */
#define USER_FLAGS_KEPT (MASK(11, 0) & 0xCD5)

#define USER_END BIT(47)

/* Assembly, trap_entry.S. */
void user_enter(struct user_ctx *ctx);

enum err arch_space_create(struct space *space)
{
	space->root = tables_new_root();
	return space->root != 0 ? ERR_OK : ERR_NOMEM;
}

enum err arch_space_map(struct space *space, uva_t at, const void *page, uint32_t flags)
{
	uint64_t *entry = tables_entry(space->root, at.value, 0, true);
	uint64_t bits = PTE_PRESENT | PTE_USER | PTE_ACCESSED;

	if (entry == NULL) {
		return ERR_NOMEM;
	}
	bits |= (flags & IMAGE_WRITE) != 0 ? PTE_WRITE | PTE_DIRTY : 0;
	bits |= (flags & IMAGE_EXEC) != 0 ? 0 : PTE_NX;
	*entry = tables_private(pool_gpa(page).value) | bits;
	return ERR_OK;
}

/* All levels of a mapping give CPL3 the rights that its last entry has (arch_space_map()). */
void *arch_space_at(const struct space *space, uva_t at, uint32_t flags)
{
	/* Not the kernel's half: other CPUs' windows come and go there. */
	const uint64_t *entry = at.value < USER_END ? tables_find(space->root, at.value) : NULL;

	if (entry == NULL || (*entry & PTE_PRESENT) == 0 ||
	    ((flags & IMAGE_WRITE) != 0 && (*entry & PTE_WRITE) == 0) ||
	    ((flags & IMAGE_EXEC) != 0 && (*entry & PTE_NX) != 0)) {
		return NULL;
	}
	return (uint8_t *)pool_at(gpa(*entry & PTE_ADDRESS & ~tables_private(0))) +
	       at.value % PAGE_SIZE;
}

/* What differs from service to service, and is left alone by the kernel itself. */
static void switch_to(const struct space *space, const struct user_ctx *ctx)
{
	struct percpu *p = percpu_this();
	uint64_t cr3 = tables_private(space->root);

	if (p->cr3 != cr3) {
		p->cr3 = cr3;
		insn_write_cr3(cr3);
	}
	if (p->fs_base != ctx->fs_base) {
		p->fs_base = ctx->fs_base;
		insn_wrmsr(MSR_FS_BASE, ctx->fs_base);
	}
	fpu_switch(ctx->fpu);
}

void arch_user_rest(struct user_ctx *ctx)
{
	(void)ctx;
	fpu_switch(NULL);
}

/* What the host injected into CPL3 is not the service's doing: it goes on where it was. */
static bool is_host_noise(const struct user_ctx *ctx)
{
	return ctx->vector == VECTOR_NMI || ctx->vector == VECTOR_HV ||
	       (ctx->vector >= 32 && ctx->vector != USER_SYSCALL);
}

void arch_user_run(const struct space *space, struct user_ctx *ctx)
{
	switch_to(space, ctx);
	ctx->rflags = (ctx->rflags & USER_FLAGS_KEPT) | RFLAGS_ONE;
	do {
		/* IRETQ to an address that is not canonical would fault in the kernel. */
		if (ctx->rip >= USER_END) {
			ctx->vector = VECTOR_GP;
			return;
		}
		user_enter(ctx);
		if (is_host_noise(ctx)) {
			log_warn("vector %lu injected into a service at %lx; ignored", ctx->vector,
				 ctx->rip);
		}
	} while (is_host_noise(ctx));
}

/* The bytes at RIP, as far as they are mapped for CPL3: fewer than asked at the end of the text. */
static size_t fetch(const struct space *space, const struct user_ctx *ctx, uint8_t *bytes,
		    size_t count)
{
	const uint8_t *from;
	size_t n = 0;

	while (n < count && (from = arch_space_at(space, uva(ctx->rip + n), 0)) != NULL) {
		bytes[n++] = *from;
	}
	return n;
}

/* CPUID from the page the PSP checked; a leaf that is not there reads as zeros. */
static void emulate_cpuid(struct user_ctx *ctx)
{
	static const struct cpuid_entry absent;
	const uint32_t leaf = (uint32_t)ctx->rax;
	const struct cpuid_entry *e = cpuid_table_find(arch_cpuid_page(), leaf, (uint32_t)ctx->rcx);

	e = e != NULL ? e : cpuid_table_find(arch_cpuid_page(), leaf, 0);
	e = e != NULL ? e : &absent;
	ctx->rax = e->eax;
	ctx->rbx = e->ebx;
	ctx->rcx = e->ecx;
	ctx->rdx = e->edx;
	/* XSAVE is off in VMPL0, whatever the processor can: AVX is not to be tried. */
	if (leaf == CPUID_FEATURES_LEAF) {
		ctx->rcx &= ~(uint64_t)CPUID_1_ECX_OSXSAVE;
	}
}

bool arch_user_emulate(const struct space *space, struct user_ctx *ctx)
{
	uint8_t bytes[INSN_BYTES_MAX];
	struct insn insn;

	if (ctx->vector != VECTOR_VC ||
	    insn_decode(bytes, fetch(space, ctx, bytes, sizeof(bytes)), &insn) != ERR_OK ||
	    insn.exit_code != ctx->error || insn.exit_code != EXIT_CPUID) {
		return false;
	}
	emulate_cpuid(ctx);
	ctx->rip += insn.bytes;
	return true;
}
