/* CREATE_VCPU and DELETE_VCPU: good and bad VMSAs, and what a page that is one can no longer be. */
#include "bad.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "smp.h"
#include "snp/vmsa.h"
#include "svsm.h"
#include "vmsa.h"
#include "x86/msr.h"

#define CREATE SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_CREATE_VCPU)
#define DELETE SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_DELETE_VCPU)
#define QUERY  SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL)

#define VMSA_GPA      (RAM_4K + 0x41000)
#define AREA_GPA      (RAM_4K + 0x42000)
#define OTHER_GPA     (RAM_4K + 0x43000)
#define UNTOUCHED_GPA (RAM_4K + 0x44000)
#define APIC_ID	      0
#define NO_APIC_ID    0xfffffff0

static struct vmsa *vmsa_page(void)
{
	return (struct vmsa *)(uintptr_t)VMSA_GPA;
}

static struct svsm_caa *area_page(void)
{
	return (struct svsm_caa *)(uintptr_t)AREA_GPA;
}

/* APIC ids are counted from this CPU's. */
static struct client_call create(uint64_t vmsa, uint64_t area, uint64_t apic_id)
{
	return (struct client_call){.rax = CREATE, .rcx = vmsa, .rdx = area,
				    .r8 = apic_id + smp_own_apic_id()};
}

static struct client_call destroy(uint64_t vmsa)
{
	return (struct client_call){.rax = DELETE, .rcx = vmsa};
}

/* The page is good in all cases but for these. */
static const struct {
	const char *name;
	uint64_t vmsa, area, apic_id;
	uint32_t want;
} create_cases[] = {
	/* clang-format off */
	{ "VMSA misaligned by 1", VMSA_GPA + 1, AREA_GPA, APIC_ID, SVSM_ERR_INVALID_PARAMETER },
	{ "VMSA misaligned by 2K", VMSA_GPA + 0x800, AREA_GPA, APIC_ID,
	  SVSM_ERR_INVALID_PARAMETER },
	{ "area misaligned by 1", VMSA_GPA, AREA_GPA + 1, APIC_ID, SVSM_ERR_INVALID_PARAMETER },
	{ "area misaligned by 2K", VMSA_GPA, AREA_GPA + 0x800, APIC_ID,
	  SVSM_ERR_INVALID_PARAMETER },
	{ "R8 bit 32", VMSA_GPA, AREA_GPA, APIC_ID | BIT(32), SVSM_ERR_INVALID_FORMAT },
	{ "R8 bit 63", VMSA_GPA, AREA_GPA, APIC_ID | BIT(63), SVSM_ERR_INVALID_FORMAT },
	{ "one page for both", VMSA_GPA, VMSA_GPA, APIC_ID, SVSM_ERR_INVALID_ADDRESS },
	{ "unknown APIC id", VMSA_GPA, AREA_GPA, NO_APIC_ID, SVSM_ERR_INVALID_PARAMETER },
	{ "VMSA not validated", UNTOUCHED_GPA, AREA_GPA, APIC_ID, SVSM_ERR_INVALID_ADDRESS },
	{ "area not validated", VMSA_GPA, UNTOUCHED_GPA, APIC_ID, SVSM_ERR_INVALID_ADDRESS },
	/* clang-format on */
};

static const struct {
	const char *name;
	uint16_t offset;
	uint8_t bytes;
	uint64_t value; /* xored in */
} vmsa_cases[] = {
	/* clang-format off */
	{ "VMPL 4", offsetof(struct vmsa, vmpl), 1, 4 },
	{ "VMPL with bit 7", offsetof(struct vmsa, vmpl), 1, 0x80 },
	{ "EFER.SVME clear", offsetof(struct vmsa, efer), 8, EFER_SVME },
	{ "no SNP in its features", offsetof(struct vmsa, sev_features), 8,
	  SEV_FEATURE_SNP_ACTIVE },
	{ "vTOM", offsetof(struct vmsa, sev_features), 8, SEV_FEATURE_VTOM },
	{ "ReflectVC", offsetof(struct vmsa, sev_features), 8, SEV_FEATURE_REFLECT_VC },
	{ "RestrictedInjection", offsetof(struct vmsa, sev_features), 8,
	  SEV_FEATURE_RESTRICTED_INJ },
	{ "AlternateInjection", offsetof(struct vmsa, sev_features), 8,
	  SEV_FEATURE_ALTERNATE_INJ },
	{ "DebugSwap", offsetof(struct vmsa, sev_features), 8, SEV_FEATURE_DEBUG_SWAP },
	{ "feature bit 63", offsetof(struct vmsa, sev_features), 8, BIT(63) },
	/* clang-format on */
};

static void check_registers(void)
{
	const struct bad_address *bad;
	unsigned int count = bad_addresses(&bad);

	check_subject("CREATE_VCPU: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(create_cases); i++) {
		/* That it can be written shows that the refusal before gave it back. */
		vmsa_fill(vmsa_page());
		check_call(
			create_cases[i].name,
			create(create_cases[i].vmsa, create_cases[i].area, create_cases[i].apic_id),
			create_cases[i].want);
	}
	check_call("VMSA is the calling area", create(svsm_caa_gpa(), AREA_GPA, APIC_ID),
		   SVSM_ERR_INVALID_ADDRESS);
	vmsa_fill(vmsa_page());
	check_call("area is the caller's own", create(VMSA_GPA, svsm_caa_gpa(), APIC_ID),
		   SVSM_ERR_INVALID_ADDRESS);
	for (unsigned int i = 0; i < count; i++) {
		check_subject("CREATE_VCPU, VMSA in: ");
		check_call(bad[i].name, create(bad[i].gpa, AREA_GPA, APIC_ID),
			   SVSM_ERR_INVALID_ADDRESS);
		check_subject("CREATE_VCPU, area in: ");
		vmsa_fill(vmsa_page());
		check_call(bad[i].name, create(VMSA_GPA, bad[i].gpa, APIC_ID),
			   SVSM_ERR_INVALID_ADDRESS);
	}
}

static void check_vmsas(void)
{
	check_subject("CREATE_VCPU, VMSA with: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(vmsa_cases); i++) {
		uint64_t value = 0;
		uint8_t *field = (uint8_t *)vmsa_page() + vmsa_cases[i].offset;

		vmsa_fill(vmsa_page());
		memcpy(&value, field, vmsa_cases[i].bytes);
		value ^= vmsa_cases[i].value;
		memcpy(field, &value, vmsa_cases[i].bytes);
		check_call(vmsa_cases[i].name, create(VMSA_GPA, AREA_GPA, APIC_ID),
			   SVSM_ERR_INVALID_PARAMETER);
	}
	for (unsigned int vmpl = 0; vmpl < svsm_vmpl(); vmpl++) {
		static const char *const names[] = {"VMPL 0", "VMPL 1, more than its maker's",
						    "VMPL 2, more than its maker's"};

		vmsa_fill(vmsa_page());
		vmsa_page()->vmpl = (uint8_t)vmpl;
		check_call(names[vmpl], create(VMSA_GPA, AREA_GPA, APIC_ID),
			   SVSM_ERR_INVALID_PARAMETER);
	}
}

/* What nobody may do to a VMSA, nor to the calling area of a vCPU that exists. */
static void check_taken(void)
{
	struct client_call list = {.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_PVALIDATE),
				   .rcx = VMSA_GPA};

	check_subject("VMSA: ");
	check_call("not made twice", create(VMSA_GPA, OTHER_GPA, APIC_ID),
		   SVSM_ERR_INVALID_ADDRESS);
	check_call("no calling area", create(OTHER_GPA, VMSA_GPA, APIC_ID),
		   SVSM_ERR_INVALID_ADDRESS);
	check_call("no list", list, SVSM_ERR_INVALID_ADDRESS);
	check_equal("not invalidated", svsm_pvalidate(VMSA_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_equal("not validated", svsm_pvalidate(VMSA_GPA | SVSM_PVALIDATE_VALIDATE),
		    SVSM_ERR_INVALID_ADDRESS);
	check_equal("not remapped to", svsm_remap(VMSA_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_subject("another's calling area: ");
	check_call("no VMSA", create(AREA_GPA, OTHER_GPA, APIC_ID), SVSM_ERR_INVALID_ADDRESS);
	check_equal("not invalidated", svsm_pvalidate(AREA_GPA), SVSM_ERR_INVALID_ADDRESS);
	check_equal("not remapped to", svsm_remap(AREA_GPA), SVSM_ERR_INVALID_ADDRESS);
}

/* The new vCPU has not run, so it cannot have asked: a set pending byte of its means nothing. */
static void check_not_served(void)
{
	struct client_call call = {.rax = QUERY, .rcx = 1};

	area_page()->call_pending = 1;
	(void)svsm_call(&call);
	check_equal("a vCPU that did not exit by VMGEXIT is not served", area_page()->call_pending,
		    1);
	area_page()->call_pending = 0;
}

static void check_life(void)
{
	check_subject("CREATE_VCPU: ");
	vmsa_fill(vmsa_page());
	area_page()->call_pending = 7;
	check_call("good", create(VMSA_GPA, AREA_GPA, APIC_ID), SVSM_SUCCESS);
	check_equal("clears the new area's pending byte", area_page()->call_pending, 0);
	check_not_served();
	check_taken();
	check_subject("DELETE_VCPU: ");
	check_call("good", destroy(VMSA_GPA), SVSM_SUCCESS);
	check_call("twice", destroy(VMSA_GPA), SVSM_ERR_INVALID_PARAMETER);
	vmsa_fill(vmsa_page());
	check_equal("the page is the guest's again", vmsa_page()->g_pat, VMSA_RESET_PAT);
	check_equal("so is the area", svsm_pvalidate(AREA_GPA), SVSM_SUCCESS);
	svsm_accept(AREA_GPA);
}

/* A guest may start what is less privileged than itself. */
static void check_less_privileged(void)
{
	check_subject("CREATE_VCPU: ");
	if (svsm_vmpl() == 3) {
		check_skip("for a less privileged VMPL", "there is none below VMPL3");
		return;
	}
	vmsa_fill(vmsa_page());
	vmsa_page()->vmpl = (uint8_t)(svsm_vmpl() + 1);
	check_call("for a less privileged VMPL", create(VMSA_GPA, AREA_GPA, APIC_ID), SVSM_SUCCESS);
	check_call("and delete it", destroy(VMSA_GPA), SVSM_SUCCESS);
	vmsa_fill(vmsa_page());
}

/* The guest's own VMSA lies somewhere in the SVSM's memory; no page there may be deleted. */
static void check_own_vmsa(void)
{
	uint64_t end = svsm_secrets()->svsm_base + svsm_secrets()->svsm_size;
	uint64_t other = SVSM_ERR_INVALID_PARAMETER;

	for (uint64_t gpa = svsm_secrets()->svsm_base; gpa < end; gpa += PAGE_SIZE) {
		struct client_call call = destroy(gpa);

		if (svsm_call(&call) != SVSM_ERR_INVALID_PARAMETER) {
			other = call.rax;
		}
	}
	check_equal("the boot VMSA, or any page of the SVSM", other, SVSM_ERR_INVALID_PARAMETER);
}

static void check_delete(void)
{
	check_subject("DELETE_VCPU: ");
	check_call("misaligned", destroy(VMSA_GPA + 8), SVSM_ERR_INVALID_PARAMETER);
	check_call("unknown", destroy(VMSA_GPA), SVSM_ERR_INVALID_PARAMETER);
	check_call("not validated", destroy(UNTOUCHED_GPA), SVSM_ERR_INVALID_PARAMETER);
	check_call("the calling area", destroy(svsm_caa_gpa()), SVSM_ERR_INVALID_PARAMETER);
	check_call("all bits", destroy(UINT64_MAX), SVSM_ERR_INVALID_PARAMETER);
	check_call("highest page", destroy(align_down(UINT64_MAX, PAGE_SIZE)),
		   SVSM_ERR_INVALID_PARAMETER);
	check_own_vmsa();
}

void cases_vcpu(void)
{
	svsm_accept(VMSA_GPA);
	svsm_accept(AREA_GPA);
	svsm_accept(OTHER_GPA);
	check_registers();
	check_vmsas();
	check_life();
	check_less_privileged();
	check_delete();
}
