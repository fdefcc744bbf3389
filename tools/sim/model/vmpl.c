/* Rules of KVM where it has any (no 2M-aligned VMSA, one value of SEV_FEATURES), else the
 * specification's. */
#include "vmpl.h"

#include "base/bits.h"

#define INFO_MAX_VERSION UINT64_C(2)
#define INFO_MIN_VERSION UINT64_C(1)

#define CREATE_ACTION(info)   ((info)&0xFFFF)
#define CREATE_VMPL(info)     bits_get((info), 19, 16)
#define CREATE_RESERVED(info) bits_get((info), 31, 20)

uint64_t vmpl_sev_info(unsigned int c_bit)
{
	return (INFO_MAX_VERSION << 48) | (INFO_MIN_VERSION << 32) | ((uint64_t)c_bit << 24) |
	       GHCB_MSR_SEV_INFO;
}

void vmpl_reset(struct vmpl_state states[VMPL_COUNT], unsigned int c_bit)
{
	for (unsigned int i = 0; i < VMPL_COUNT; i++) {
		states[i] = (struct vmpl_state){.ghcb_msr = vmpl_sev_info(c_bit)};
	}
}

/* The VMSA itself: a page, not at a 2 MiB boundary (an erratum that KVM refuses to meet). */
static bool vmsa_is_fit(uint64_t gpa)
{
	return is_aligned(gpa, PAGE_SIZE) && !is_aligned(gpa, PAGE_2M_SIZE);
}

uint32_t vmpl_create(struct vmpl_state states[VMPL_COUNT], const struct vmpl_create *request)
{
	uint64_t action = CREATE_ACTION(request->raw_info_1);
	uint64_t vmpl = CREATE_VMPL(request->raw_info_1);

	if (CREATE_RESERVED(request->raw_info_1) != 0 || action > AP_DESTROY ||
	    vmpl >= VMPL_COUNT || vmpl < request->caller_vmpl) {
		return GHCB_BAD_INPUT;
	}
	if (vmpl == 0 && request->is_own_vcpu) {
		return GHCB_BAD_INPUT;
	}
	if (action == AP_DESTROY) {
		states[vmpl].has_vmsa = false;
		return 0;
	}
	if (!vmsa_is_fit(request->vmsa_gpa) || request->features != VMPL_FEATURES) {
		return GHCB_BAD_INPUT;
	}
	states[vmpl].has_vmsa = true;
	states[vmpl].vmsa_gpa = request->vmsa_gpa;
	return 0;
}

bool vmpl_can_run(const struct vmpl_state states[VMPL_COUNT], uint64_t raw_vmpl)
{
	return raw_vmpl < VMPL_COUNT && states[raw_vmpl].has_vmsa;
}
