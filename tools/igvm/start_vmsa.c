/* The start state, field by field. */
#include "start_vmsa.h"

#include <string.h>

#define CODE_SELECTOR UINT16_C(0x08)
#define DATA_SELECTOR UINT16_C(0x10)
#define CODE_32_FLAT  UINT16_C(0xC9B) /* G, DB, P, S, execute, read, accessed */
#define DATA_32_FLAT  UINT16_C(0xC93) /* G, DB, P, S, write, accessed */
#define LDT_PRESENT   UINT16_C(0x082)
#define TSS_BUSY      UINT16_C(0x08B)

#define CR0_PE_ET_NE UINT64_C(0x31)
#define CR4_MCE	     UINT64_C(0x40) /* KVM sets it in every SEV-ES guest */
#define EFER_SVME    UINT64_C(0x1000)
#define RFLAGS_FIXED UINT64_C(0x2)
#define XCR0_X87     UINT64_C(0x1)
#define FCW_KVM	     UINT16_C(0x37F) /* KVM's own start value, not the reset value 0x40 */

static struct vmsa_segment segment(uint16_t selector, uint16_t attributes, uint32_t limit)
{
	return (struct vmsa_segment){
		.selector = selector, .attributes = attributes, .limit = limit};
}

void start_vmsa_fill(struct vmsa *vmsa, uint64_t entry, uint64_t params_gpa)
{
	struct vmsa_segment data = segment(DATA_SELECTOR, DATA_32_FLAT, UINT32_MAX);

	memset(vmsa, 0, sizeof(*vmsa));
	vmsa->cs = segment(CODE_SELECTOR, CODE_32_FLAT, UINT32_MAX);
	vmsa->es = data;
	vmsa->ss = data;
	vmsa->ds = data;
	vmsa->fs = data;
	vmsa->gs = data;
	vmsa->gdtr.limit = UINT16_MAX;
	vmsa->idtr.limit = UINT16_MAX;
	vmsa->ldtr = segment(0, LDT_PRESENT, UINT16_MAX);
	vmsa->tr = segment(0, TSS_BUSY, UINT16_MAX);
	vmsa->efer = EFER_SVME;
	vmsa->cr0 = CR0_PE_ET_NE;
	vmsa->cr4 = CR4_MCE;
	vmsa->dr6 = VMSA_RESET_DR6;
	vmsa->dr7 = VMSA_RESET_DR7;
	vmsa->rflags = RFLAGS_FIXED;
	vmsa->rip = entry;
	vmsa->rbx = params_gpa;
	vmsa->g_pat = VMSA_RESET_PAT;
	vmsa->sev_features = SEV_FEATURE_SNP_ACTIVE;
	vmsa->xcr0 = XCR0_X87;
	vmsa->mxcsr = VMSA_RESET_MXCSR;
	vmsa->x87_fcw = FCW_KVM;
}
