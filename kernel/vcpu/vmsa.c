/* The page of a VMSA: how it becomes one, and an ordinary page again. */
#include "vcpu/vmsa.h"

#include "arch/boot.h"
#include "arch/guest.h"
#include "arch/rmp.h"
#include "mm/page.h"
#include "mm/pagestate.h"
#include "snp/vmsa.h"
#include "x86/msr.h"

/* What a new VMSA says of itself, read after nobody else can write it any more. */
static enum err check(gpa_t page, unsigned int caller_vmpl, unsigned int *vmpl)
{
	struct vmsa *vmsa = arch_vmsa_map(page);
	enum err err = ERR_INVALID;

	if (vmsa->vmpl != 0 && vmsa->vmpl < VMPL_COUNT && vmsa->vmpl >= caller_vmpl &&
	    (vmsa->efer & EFER_SVME) != 0 && vmsa->sev_features == arch_sev_features()) {
		*vmpl = vmsa->vmpl;
		err = ERR_OK;
	}
	arch_vmsa_unmap();
	return err;
}

/* Is the page readable at all? A page that is not validated must not reach the VMSA window. */
static enum err probe(gpa_t page)
{
	uint8_t byte;

	return arch_guest_read(page, &byte, sizeof(byte));
}

/*
 * Its own VMPL may read a VMSA: OVMF looks up there what it wrote before CREATE_VCPU. A page that
 * is no VMSA any more is left without permissions: who gets it back is another matter.
 */
static enum err set_bit(gpa_t page, unsigned int vmpl, bool is_vmsa)
{
	struct rmp_result r = arch_rmpadjust(page, RMP_4K, vmpl, is_vmsa ? VMPL_READ : 0, is_vmsa);

	if (!r.faulted && r.status == RMP_FAIL_INUSE) {
		return ERR_INUSE;
	}
	return r.faulted || r.status != RMP_OK ? ERR_FAULT : ERR_OK;
}

/* Revoke, flush, inspect, and only then make it a VMSA; on any failure the guest has its page back.
 */
enum err vmsa_convert(gpa_t page, unsigned int caller_vmpl, unsigned int *vmpl)
{
	unsigned int status;
	enum err err = probe(page);

	if (err != ERR_OK) {
		return err;
	}
	err = page_revoke(page, RMP_4K, &status);
	if (err == ERR_OK) {
		arch_flush_all();
		err = check(page, caller_vmpl, vmpl);
	}
	if (err == ERR_OK) {
		err = set_bit(page, *vmpl, true);
	}
	if (err != ERR_OK && page_grant(page, caller_vmpl) != ERR_OK) {
		return ERR_FAULT;
	}
	return err;
}

/* An ordinary page again, its owner's, who must not find a stale right in any TLB. */
static enum err give_back(gpa_t page, unsigned int vmpl)
{
	unsigned int status;
	enum err err = set_bit(page, vmpl, false);

	/* The VMPL that could read it may have let others do so. */
	if (err == ERR_OK) {
		err = page_revoke(page, RMP_4K, &status);
	}
	if (err == ERR_OK) {
		arch_flush_all();
		/* If this stops half way the owner can do less with its page, but has it. */
		(void)page_grant(page, pagestate_owner(page));
	}
	return err;
}

/* With SVME clear no host can start it; RMPADJUST tells whether one runs it at this moment. */
enum err vmsa_retire(gpa_t page, unsigned int vmpl)
{
	struct vmsa *vmsa = arch_vmsa_map(page);
	enum err err;

	/* Atomic: while it runs, the processor writes this field too, at each exit. */
	__atomic_fetch_and(&vmsa->efer, ~EFER_SVME, __ATOMIC_SEQ_CST);
	err = give_back(page, vmpl);
	if (err == ERR_INUSE) {
		__atomic_fetch_or(&vmsa->efer, EFER_SVME, __ATOMIC_SEQ_CST);
	}
	arch_vmsa_unmap();
	return err;
}
