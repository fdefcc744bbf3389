/*
 * The machine's CPUID, less what TCG cannot keep up with under SNP. TCG has no XSAVEC or XSAVES,
 * and Linux stops when leaf 0xD shows neither: so no XSAVE at all, and the highest standard leaf is
 * 0xB.
 */
#include "cpuid.h"

#include "base/bits.h"
#include "base/mem.h"
#include "params.h"
#include "vcpu.h"

#define MAX_STANDARD	0xBu
#define MAX_EXTENDED	0x8000001Fu
#define HYPERVISOR_LEAF 0x40000000u

/*
 * Leaf 1 ECX: MONITOR, FMA, CX16, x2APIC, XSAVE, OSXSAVE, AVX, F16C. MONITOR as hosts hide it from
 * SEV-ES guests: it is intercepted, and OVMF parks its APs by it where no #VC can be taken. CX16
 * because QEMU 7.2 takes the flags after CMPXCHG16B from registers left over: an exit right behind
 * it would save RFLAGS with anything in them, VM and reserved bits included.
 */
#define LEAF1_ECX_HIDDEN                                                                           \
	(BIT32(3) | BIT32(12) | BIT32(13) | BIT32(21) | BIT32(26) | BIT32(27) | BIT32(28) |        \
	 BIT32(29))
#define LEAF1_ECX_HYPERVISOR BIT32(31)
/* Leaf 7 EBX: AVX2 and all of AVX-512. */
#define LEAF7_EBX_HIDDEN                                                                           \
	(BIT32(5) | BIT32(16) | BIT32(17) | BIT32(21) | BIT32(26) | BIT32(27) | BIT32(28) |        \
	 BIT32(30) | BIT32(31))
/* Leaf 7 ECX: UMIP and RDPID are all that is shown, and LA57 when it is asked for. */
#define LEAF7_ECX_SHOWN (BIT32(2) | BIT32(22))
#define LEAF7_EDX_SHOWN BIT32(4)
/* 8000_0001 ECX: SVM, XOP, FMA4. */
#define EXT1_ECX_HIDDEN (BIT32(2) | BIT32(11) | BIT32(16))

/* QEMU's default for TCG; firmware takes it for "not told" and stays below 64 GiB. */
#define GUEST_PHYS_BITS 40u

/* 8000_001F EBX: C-bit, one address bit less, four VMPLs. */
#define SEV_EBX(c_bit) ((c_bit) | (1u << 6) | (4u << 12))

static struct cpuid_regs standard_leaf(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r = cpuid(leaf, subleaf);

	switch (leaf) {
	case 0:
		r.eax = MAX_STANDARD;
		break;
	case 1:
		r.ecx = (r.ecx & ~LEAF1_ECX_HIDDEN) | LEAF1_ECX_HYPERVISOR;
		break;
	case 7:
		r.ebx &= ~LEAF7_EBX_HIDDEN;
		r.ecx &= LEAF7_ECX_SHOWN | (params.la57 ? CPUID_7_ECX_LA57 : 0);
		r.edx &= LEAF7_EDX_SHOWN;
		break;
	default:
		break;
	}
	return r;
}

static struct cpuid_regs extended_leaf(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r = cpuid(leaf, subleaf);

	switch (leaf) {
	case 0x80000000:
		r.eax = MAX_EXTENDED;
		break;
	case 0x80000001:
		r.ecx &= ~EXT1_ECX_HIDDEN;
		break;
	case 0x80000008:
		r.eax = (r.eax & 0xff00) | GUEST_PHYS_BITS;
		break;
	case 0x8000000A:
		r = (struct cpuid_regs){0};
		break;
	case CPUID_SEV_LEAF:
		r = (struct cpuid_regs){
			.eax = CPUID_SEV_EAX_SEV | CPUID_SEV_EAX_ES | CPUID_SEV_EAX_SNP |
			       CPUID_SEV_EAX_VMPL,
			.ebx = SEV_EBX(params.c_bit),
			.ecx = 16,
		};
		break;
	default:
		break;
	}
	return r;
}

struct cpuid_regs cpuid_guest(uint32_t leaf, uint32_t subleaf)
{
	if (leaf <= MAX_STANDARD) {
		return standard_leaf(leaf, subleaf);
	}
	if (leaf >= 0x80000000 && leaf <= MAX_EXTENDED) {
		return extended_leaf(leaf, subleaf);
	}
	if (leaf == HYPERVISOR_LEAF) {
		return cpuid(leaf, subleaf);
	}
	return (struct cpuid_regs){0};
}

/* The page is made on the machine's first CPU, for the boot vCPU's. Core ids stay the first's. */
static void set_apic_id(struct cpuid_regs *r, uint32_t leaf, uint32_t apic_id)
{
	switch (leaf) {
	case 1:
		r->ebx = (r->ebx & 0x00ffffff) | apic_id << 24;
		break;
	case 0xB:
		r->edx = apic_id;
		break;
	case 0x8000001E:
		r->eax = apic_id;
		break;
	default:
		break;
	}
}

void cpuid_fill_page(struct cpuid_page *page)
{
	static const uint32_t leaves[][2] = {
		{0, 0},		 {1, 0},	  {2, 0},	   {4, 0},	    {4, 1},
		{4, 2},		 {4, 3},	  {5, 0},	   {6, 0},	    {7, 0},
		{0xB, 0},	 {0xB, 1},	  {0x40000000, 0}, {0x80000000, 0}, {0x80000001, 0},
		{0x80000002, 0}, {0x80000003, 0}, {0x80000004, 0}, {0x80000005, 0}, {0x80000006, 0},
		{0x80000007, 0}, {0x80000008, 0}, {0x80000019, 0}, {0x8000001A, 0}, {0x8000001D, 0},
		{0x8000001D, 1}, {0x8000001D, 2}, {0x8000001D, 3}, {0x8000001E, 0}, {0x8000001F, 0},
	};

	memset(page, 0, sizeof(*page));
	page->count = ARRAY_SIZE(leaves);
	for (uint32_t i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct cpuid_regs r = cpuid_guest(leaves[i][0], leaves[i][1]);

		set_apic_id(&r, leaves[i][0], vcpu_at(0)->apic_id);
		page->entries[i] = (struct cpuid_entry){
			.eax_in = leaves[i][0],
			.ecx_in = leaves[i][1],
			.eax = r.eax,
			.ebx = r.ebx,
			.ecx = r.ecx,
			.edx = r.edx,
		};
	}
}
