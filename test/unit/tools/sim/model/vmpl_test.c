/* Who may create which VMPL of which vCPU, and what may be run. */
#include "vmpl.h"

#include "base/bits.h"
#include "snp/vmsa.h"
#include "unit.h"

#define VMSA_GPA UINT64_C(0x41000)
#define FEATURES SEV_FEATURE_SNP_ACTIVE

static struct vmpl_state states[VMPL_COUNT];

TEST(starts_with_sev_info)
{
	vmpl_reset(states, 51);
	for (unsigned int i = 0; i < VMPL_COUNT; i++) {
		CHECK_EQ(states[i].ghcb_msr, 0x0002000133000001);
		CHECK(!states[i].has_vmsa);
		CHECK(!vmpl_can_run(states, i));
	}
	CHECK(!vmpl_can_run(states, VMPL_COUNT));
	CHECK(!vmpl_can_run(states, UINT64_MAX));
}

TEST(creates)
{
	static const struct {
		const char *name;
		struct vmpl_create request;
		uint32_t want;
	} rows[] = {
		{"VMPL2 on its own vCPU",
		 {0, true, AP_CREATION_INFO(0, 2, 0), VMSA_GPA, FEATURES},
		 0},
		{"at once", {0, true, AP_CREATION_INFO(0, 2, 1), VMSA_GPA, FEATURES}, 0},
		{"its own VMPL elsewhere",
		 {2, false, AP_CREATION_INFO(0, 2, 1), VMSA_GPA, FEATURES},
		 0},
		{"VMPL0 elsewhere", {0, false, AP_CREATION_INFO(0, 0, 1), VMSA_GPA, FEATURES}, 0},
		{"VMPL0 on its own vCPU",
		 {0, true, AP_CREATION_INFO(0, 0, 1), VMSA_GPA, FEATURES},
		 GHCB_BAD_INPUT},
		{"a more privileged VMPL",
		 {2, false, AP_CREATION_INFO(0, 1, 1), VMSA_GPA, FEATURES},
		 GHCB_BAD_INPUT},
		{"VMPL 4",
		 {0, false, AP_CREATION_INFO(0, 4, 1), VMSA_GPA, FEATURES},
		 GHCB_BAD_INPUT},
		{"action 3",
		 {0, true, AP_CREATION_INFO(0, 2, 3), VMSA_GPA, FEATURES},
		 GHCB_BAD_INPUT},
		{"reserved bit 20",
		 {0, true, AP_CREATION_INFO(0, 2, 1) | BIT(20), VMSA_GPA, FEATURES},
		 GHCB_BAD_INPUT},
		{"misaligned VMSA",
		 {0, true, AP_CREATION_INFO(0, 2, 1), VMSA_GPA + 8, FEATURES},
		 GHCB_BAD_INPUT},
		{"VMSA at 2 MiB",
		 {0, true, AP_CREATION_INFO(0, 2, 1), PAGE_2M_SIZE, FEATURES},
		 GHCB_BAD_INPUT},
		{"not SNP", {0, true, AP_CREATION_INFO(0, 2, 1), VMSA_GPA, 0}, GHCB_BAD_INPUT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t vmpl = bits_get(rows[i].request.raw_info_1, 19, 16);

		ROW(rows[i].name);
		vmpl_reset(states, 51);
		CHECK_EQ(vmpl_create(states, &rows[i].request), rows[i].want);
		CHECK_EQ(vmpl_can_run(states, vmpl), rows[i].want == 0);
	}
}

TEST(replaces_and_destroys)
{
	struct vmpl_create request = {0, true, AP_CREATION_INFO(0, 2, 1), VMSA_GPA, FEATURES};

	vmpl_reset(states, 51);
	CHECK_EQ(vmpl_create(states, &request), 0);
	ROW("other features");
	request.features = FEATURES | SEV_FEATURE_DEBUG_SWAP;
	CHECK_EQ(vmpl_create(states, &request), GHCB_BAD_INPUT);
	ROW("another VMSA");
	request.features = FEATURES;
	request.vmsa_gpa = VMSA_GPA + PAGE_SIZE;
	CHECK_EQ(vmpl_create(states, &request), 0);
	CHECK_EQ(states[2].vmsa_gpa, VMSA_GPA + PAGE_SIZE);
	ROW("destroy");
	request.raw_info_1 = AP_CREATION_INFO(0, 2, AP_DESTROY);
	CHECK_EQ(vmpl_create(states, &request), 0);
	CHECK(!vmpl_can_run(states, 2));
}

UNIT_MAIN(CASE(starts_with_sev_info), CASE(creates), CASE(replaces_and_destroys))
