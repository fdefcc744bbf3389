/* vCPU calls of a service: what is passed on, and the argument narrower than its register. */
#include "caller.h"

#include "snp/vmsa.h"
#include "vcpu/vcpu.h"
#include "x86/msr.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define VMSA UINT64_C(0x201000)
#define AREA UINT64_C(0x202000)

WORLD_TEST(creates_and_deletes)
{
	const struct vmsa vmsa = { .vmpl = 2, .efer = EFER_SVME, .sev_features = FAKE_FEATURES };

	world_vcpus(&one_cpu);
	world_give(VMSA, 2);
	world_give(AREA, 2);
	memcpy(fake_at(VMSA), &vmsa, sizeof(vmsa));
	ROW("an APIC id of more than 32 bits");
	CHECK_EQ(caller_err(SYS_VCPU_CREATE, VMSA, AREA, UINT64_C(1) << 32 | WORLD_APIC_ID(0)),
		 ERR_INVALID);
	ROW("create");
	CHECK_EQ(caller_err(SYS_VCPU_CREATE, VMSA, AREA, WORLD_APIC_ID(0)), ERR_OK);
	CHECK(fake_is_vmsa(VMSA));
	ROW("create the same");
	CHECK_EQ(caller_err(SYS_VCPU_CREATE, VMSA, AREA, WORLD_APIC_ID(0)), ERR_ADDRESS);
	ROW("delete");
	CHECK_EQ(caller_err(SYS_VCPU_DELETE, VMSA + 8, 0, 0), ERR_INVALID);
	CHECK_EQ(caller_err(SYS_VCPU_DELETE, VMSA, 0, 0), ERR_OK);
	CHECK(!fake_is_vmsa(VMSA));
	CHECK_EQ(caller_err(SYS_VCPU_DELETE, VMSA, 0, 0), ERR_INVALID);
	ROW("remap without a call");
	CHECK_EQ(caller_err(SYS_REMAP_CA, VMSA, 0, 0), ERR_REQUEST);
}

UNIT_MAIN(CASE(creates_and_deletes))
