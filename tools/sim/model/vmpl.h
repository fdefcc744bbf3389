/*
 * What the host keeps for each VMPL of a vCPU, and the rules of the requests that change it: AP
 * creation (publication 56421, section 4.1.9) and running another VMPL. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "snp/ghcb.h"
#include "snp/ghcb_msr.h"
#include "snp/rmp.h"
#include "snp/vmsa.h"

/* SEV_FEATURES of every VMSA: this host simulates no other feature, so it offers none. */
#define VMPL_FEATURES SEV_FEATURE_SNP_ACTIVE

struct vmpl_state {
	bool has_vmsa;
	bool has_ghcb; /* registered */
	uint64_t vmsa_gpa;
	uint64_t ghcb_gpa;
	uint64_t ghcb_msr;
};

/* A new vCPU: no VMSA, no GHCB, the GHCB MSR holds SEV_INFO. */
void vmpl_reset(struct vmpl_state states[VMPL_COUNT], unsigned int c_bit);
uint64_t vmpl_sev_info(unsigned int c_bit);

/* Who asks, and for which vCPU. */
struct vmpl_create {
	unsigned int caller_vmpl;
	bool is_own_vcpu;
	uint64_t raw_info_1;
	uint64_t vmsa_gpa;
	uint64_t features;
};

/*
 * Performs AP creation on the target's states. 0, or a GHCB_BAD_* reason; nothing changes then.
 * That the VMSA page is one in the RMP is found out at VMRUN.
 */
uint32_t vmpl_create(struct vmpl_state states[VMPL_COUNT], const struct vmpl_create *request);

/* May the vCPU run this VMPL? */
bool vmpl_can_run(const struct vmpl_state states[VMPL_COUNT], uint64_t raw_vmpl);
