/* How the SVSM started this guest: secrets, CPUID, calling area, zeroed memory, C-bit. */
#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "snp/cpuid_page.h"
#include "snp/ghcb_msr.h"
#include "snp/rmp.h"
#include "svsm.h"
#include "trap.h"

#define MEMORY_END (MEMORY_GPA + MEMORY_BYTES)

static bool is_zero(const void *data, size_t bytes)
{
	const uint8_t *p = data;
	uint8_t any = 0;

	for (size_t i = 0; i < bytes; i++) {
		any |= p[i];
	}
	return any == 0;
}

static void check_secrets(void)
{
	const struct secrets_page *secrets = svsm_secrets();
	unsigned int vmpl = secrets->svsm_guest_vmpl;

	check_true("secrets: guest VMPL is 1, 2 or 3", vmpl >= 1 && vmpl <= 3);
	check_true("secrets: an SVSM of whole pages",
		   secrets->svsm_size != 0 && is_aligned(secrets->svsm_size, PAGE_SIZE) &&
			   is_aligned(secrets->svsm_base, PAGE_SIZE));
	check_equal("secrets: calling area", secrets->svsm_caa, CAA_GPA);
	check_equal("secrets: protocol version", secrets->svsm_max_version, 1);
	check_true("secrets: no keys of more privileged VMPLs",
		   is_zero(secrets->vmpck, vmpl * VMPCK_BYTES));
	check_true("secrets: own key", !is_zero(secrets->vmpck[vmpl], VMPCK_BYTES));
}

static void cpuid(uint32_t leaf, uint32_t out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(0));
}

static void check_cpuid(void)
{
	const struct cpuid_page *page = (const struct cpuid_page *)(uintptr_t)CPUID_GPA;
	uint64_t info = ghcb_msr_request(GHCB_MSR_SEV_INFO_REQ);
	uint32_t sev[4];

	check_true("cpuid: page has entries",
		   page->count > 0 && page->count <= CPUID_PAGE_MAX_ENTRIES);
	cpuid(CPUID_SEV_LEAF, sev);
	check_equal("cpuid: SEV, SEV-ES, SNP, VMPL", sev[0] & 0x3A, 0x3A);
	check_equal("cpuid: C-bit as the host says", CPUID_SEV_EBX_CBIT(sev[1]),
		    GHCB_MSR_INFO_CBIT(info));
	check_true("host: GHCB protocol 2",
		   GHCB_MSR_INFO_MAX(info) >= 2 && GHCB_MSR_INFO_MIN(info) <= 2);
}

static void check_memory(void)
{
	uint64_t value = 0;

	check_true("memory: sections arrive zeroed",
		   is_zero((const void *)(uintptr_t)(MEMORY_END - PAGE_SIZE), PAGE_SIZE));
	check_equal("memory: what no section names is not validated", trap_probe(RAM_4K, &value),
		    TRAP_PROBE_VC(EXIT_NOT_VALIDATED));
	check_equal("status: SEV, SEV-ES, SNP", cpu_rdmsr(MSR_SEV_STATUS) & 7, 7);
}

/* How guests find out that they are not at VMPL0, and what they may not hand out. */
static void check_rmpadjust(void)
{
	static uint8_t page[PAGE_SIZE] ALIGNED(4096);

	for (unsigned int vmpl = 1; vmpl <= svsm_vmpl(); vmpl++) {
		static const char *const names[] = {"", "RMPADJUST for VMPL1",
						    "RMPADJUST for VMPL2", "RMPADJUST for VMPL3"};
		uint64_t attributes = RMPADJUST_ATTR(vmpl, VMPL_READ, false);

		check_equal(names[vmpl], cpu_rmpadjust(page, attributes), RMP_FAIL_PERMISSION);
	}
}

/* By a #VC of this guest's own: IN from a port, and the MSR that tells others of the SVSM. */
static void check_traps(void)
{
	uint8_t status;
	uint32_t low;
	uint32_t high;

	__asm__ volatile("inb %%dx, %%al" : "=a"(status) : "d"((uint16_t)0x3FD));
	check_true("#VC: a port", status != 0 && status != 0xFF);
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_SVSM_CAA));
	check_equal("#VC: the calling area's MSR", ((uint64_t)high << 32) | low, CAA_GPA);
}

void cases_start(void)
{
	check_subject("");
	check_secrets();
	check_cpuid();
	check_memory();
	check_rmpadjust();
	check_traps();
}
