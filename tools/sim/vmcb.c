/*
 * What is intercepted is what KVM intercepts for SNP guests, plus #UD (TCG does not know the RMP
 * instructions), CPUID and port access always. INTR is not: interrupts are the guest's own.
 */
#include "vmcb.h"

#include "base/bits.h"
#include "base/mem.h"
#include "memory.h"
#include "x86.h"
#include "x86/msr.h"
#include "x86/regs.h"

#define I1_HLT BIT32(24)
#define I1_NMI	    BIT32(1)
#define I1_RDPMC    BIT32(15)
#define I1_CPUID    BIT32(18)
#define I1_INVD	    BIT32(22)
#define I1_INVLPGA  BIT32(26)
#define I1_IOIO	    BIT32(27)
#define I1_MSR	    BIT32(28)
#define I1_SHUTDOWN BIT32(31)
#define I2_VMRUN    BIT32(0)
#define I2_VMMCALL  BIT32(1)
#define I2_VMLOAD   BIT32(2)
#define I2_VMSAVE   BIT32(3)
#define I2_STGI	    BIT32(4)
#define I2_CLGI	    BIT32(5)
#define I2_SKINIT   BIT32(6)
#define I2_WBINVD   BIT32(9)
#define I2_MONITOR  BIT32(10)
#define I2_MWAIT    BIT32(11)

#define DR7_READ_WRITE (BIT32(7) | BIT32(23))

#define IOPM_BYTES  (3 * PAGE_SIZE)
#define MSRPM_BYTES (2 * PAGE_SIZE)

#define MSR_SYSENTER_CS UINT32_C(0x174)
#define MSR_TSC_AUX	UINT32_C(0xC0000103)

static uint64_t iopm_pa;
static uint64_t msrpm_pa;

/* Two bits per MSR; three ranges of 0x2000 MSRs, 2 KiB each. */
static void pass_msr(uint32_t msr)
{
	uint8_t *map = memory_ptr(msrpm_pa);
	uint32_t offset = msr >= 0xC0000000 ? 0x800 : 0;
	uint32_t index = msr & 0x1fff;

	map[offset + index / 4] &= (uint8_t) ~(3u << (index % 4 * 2));
}

void vmcb_init(void)
{
	static const uint32_t passed[] = {
		MSR_SYSENTER_CS, MSR_SYSENTER_CS + 1, MSR_SYSENTER_CS + 2, MSR_STAR,
		MSR_LSTAR,	 MSR_CSTAR,	      MSR_SFMASK,	   MSR_FS_BASE,
		MSR_GS_BASE,	 MSR_KERNEL_GS_BASE,  MSR_TSC_AUX,
	};

	iopm_pa = memory_alloc(IOPM_BYTES, PAGE_SIZE);
	msrpm_pa = memory_alloc(MSRPM_BYTES, PAGE_SIZE);
	memset(memory_ptr(iopm_pa), 0xff, IOPM_BYTES);
	memset(memory_ptr(msrpm_pa), 0xff, MSRPM_BYTES);
	for (unsigned int i = 0; i < ARRAY_SIZE(passed); i++) {
		pass_msr(passed[i]);
	}
}

void vmcb_init_cpu(uint64_t hsave_pa)
{
	wrmsr(MSR_VM_HSAVE_PA, hsave_pa);
}

void vmcb_prepare(struct context *c)
{
	struct vmcb *vmcb = memory_ptr(memory_alloc(PAGE_SIZE, PAGE_SIZE));

	vmcb->intercept_dr = DR7_READ_WRITE;
	vmcb->intercept_exceptions = BIT32(VECTOR_UD);
	vmcb->intercept_1 = I1_NMI | I1_RDPMC | I1_CPUID | I1_INVD | I1_INVLPGA | I1_IOIO | I1_MSR |
			    I1_SHUTDOWN | (c->vmpl == 0 ? I1_HLT : 0);
	vmcb->intercept_2 = I2_VMRUN | I2_VMMCALL | I2_VMLOAD | I2_VMSAVE | I2_STGI | I2_CLGI |
			    I2_SKINIT | I2_WBINVD | I2_MONITOR | I2_MWAIT;
	vmcb->iopm_pa = iopm_pa;
	vmcb->msrpm_pa = msrpm_pa;
	vmcb->asid = 1;
	vmcb->nested_control = 1;
	vmcb->nested_cr3 = c->nested_root;
	c->vmcb = vmcb;
	c->save = (struct vmsa *)(void *)vmcb->save;
}

/* The FXSAVE image, as far as the VMSA has it. */
struct fx_area {
	uint16_t fcw;
	uint16_t fsw;
	uint8_t ftw; /* one bit per register: not empty */
	uint8_t reserved;
	uint16_t fop;
	uint64_t rip;
	uint64_t dp;
	uint32_t mxcsr;
	uint32_t mxcsr_mask;
	uint8_t st[8][16];
	uint8_t xmm[256];
	uint8_t rest[96];
} ALIGNED(16);
ABI_SIZE(struct fx_area, 512);

static struct fx_area fx;

/* Two tag bits per register in the VMSA, one in the FXSAVE image: only "empty" (3) survives. */
static uint8_t tags_short(uint16_t tags)
{
	uint8_t out = 0;

	for (unsigned int i = 0; i < 8; i++) {
		out |= (tags >> (2 * i) & 3) != 3 ? (uint8_t)(1u << i) : 0;
	}
	return out;
}

static uint16_t tags_long(uint8_t tags)
{
	uint16_t out = 0;

	for (unsigned int i = 0; i < 8; i++) {
		out |= (tags >> i & 1) == 0 ? (uint16_t)(3u << (2 * i)) : 0;
	}
	return out;
}

static void fpu_load(const struct vmsa *vmsa)
{
	memset(&fx, 0, sizeof(fx));
	fx.fcw = vmsa->x87_fcw;
	fx.fsw = vmsa->x87_fsw;
	fx.ftw = tags_short(vmsa->x87_ftw);
	fx.fop = vmsa->x87_fop;
	fx.rip = vmsa->x87_rip;
	fx.dp = vmsa->x87_dp;
	fx.mxcsr = vmsa->mxcsr & 0xffff;
	for (unsigned int i = 0; i < 8; i++) {
		memcpy(fx.st[i], vmsa->x87_regs + 10 * i, 10);
	}
	memcpy(fx.xmm, vmsa->xmm, sizeof(fx.xmm));
	fxrstor(&fx);
}

static void fpu_store(struct vmsa *vmsa)
{
	fxsave(&fx);
	vmsa->x87_fcw = fx.fcw;
	vmsa->x87_fsw = fx.fsw;
	vmsa->x87_ftw = tags_long(fx.ftw);
	vmsa->x87_fop = fx.fop;
	vmsa->x87_rip = fx.rip;
	vmsa->x87_dp = fx.dp;
	vmsa->mxcsr = fx.mxcsr;
	for (unsigned int i = 0; i < 8; i++) {
		memcpy(vmsa->x87_regs + 10 * i, fx.st[i], 10);
	}
	memcpy(vmsa->xmm, fx.xmm, sizeof(fx.xmm));
}

static void gprs_load(struct gprs *g, const struct vmsa *vmsa)
{
	g->rbx = vmsa->rbx;
	g->rcx = vmsa->rcx;
	g->rdx = vmsa->rdx;
	g->rsi = vmsa->rsi;
	g->rdi = vmsa->rdi;
	g->rbp = vmsa->rbp;
	memcpy(g->r8_r15, &vmsa->r8, sizeof(g->r8_r15));
}

static void gprs_store(const struct gprs *g, struct vmsa *vmsa)
{
	vmsa->rbx = g->rbx;
	vmsa->rcx = g->rcx;
	vmsa->rdx = g->rdx;
	vmsa->rsi = g->rsi;
	vmsa->rdi = g->rdi;
	vmsa->rbp = g->rbp;
	memcpy(&vmsa->r8, g->r8_r15, sizeof(g->r8_r15));
}

/* Segments, control and system registers lie at the same offsets; RAX and RSP among them. */
static void registers_copy(struct vmsa *to, const struct vmsa *from)
{
	memcpy(to, from, offsetof(struct vmsa, pl_ssp));
	to->cpl = from->cpl;
	to->efer = from->efer;
	memcpy(&to->cr4, &from->cr4, offsetof(struct vmsa, dr) - offsetof(struct vmsa, cr4));
	to->rsp = from->rsp;
	memcpy(&to->rax, &from->rax,
	       offsetof(struct vmsa, reserved_248) - offsetof(struct vmsa, rax));
	memcpy(&to->g_pat, &from->g_pat,
	       offsetof(struct vmsa, reserved_298) - offsetof(struct vmsa, g_pat));
}

void vmcb_load(struct context *c, struct vmsa *vmsa)
{
	registers_copy(c->save, vmsa);
	gprs_load(&c->gprs, vmsa);
	fpu_load(vmsa);
	wrmsr(MSR_TSC_AUX, vmsa->tsc_aux);
	c->vmcb->int_state = bits_get(vmsa->vintr_ctrl, 10, 10);
	c->vmcb->event_inject = vmsa->eventinj;
	vmsa->eventinj = 0;
	c->vmsa = vmsa;
}

void vmcb_store(struct context *c)
{
	struct vmsa *vmsa = c->vmsa;
	uint64_t svme = vmsa->efer & EFER_SVME;

	registers_copy(vmsa, c->save);
	/* Somebody may have taken it away to keep this VMSA from being run again. */
	vmsa->efer = (vmsa->efer & ~EFER_SVME) | svme;
	gprs_store(&c->gprs, vmsa);
	vmsa->vintr_ctrl = (vmsa->vintr_ctrl & ~BIT(10)) | ((c->vmcb->int_state & 1) << 10);
}

void vmcb_store_fpu(struct context *c)
{
	fpu_store(c->vmsa);
	c->vmsa->tsc_aux = (uint32_t)rdmsr(MSR_TSC_AUX);
}

void vmcb_advance(struct context *c, unsigned int bytes)
{
	c->save->rip += bytes;
	if ((c->save->cs.attributes & BIT32(9)) == 0 || (c->save->efer & EFER_LMA) == 0) {
		c->save->rip &= 0xffffffff;
	}
	c->vmcb->int_state &= ~UINT64_C(1);
}
