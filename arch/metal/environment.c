/* What Keel needs before it trusts anything, and the CPUID page that says most of it. */
#include "arch/boot.h"

#include "arch/cpu.h"
#include "base/mem.h"
#include "log.h"
#include "metal/access.h"
#include "metal/environment.h"
#include "metal/ghcb.h"
#include "metal/insn.h"
#include "metal/percpu.h"
#include "metal/tables.h"
#include "metal/trap.h"
#include "mm/pool.h"
#include "panic.h"
#include "snp/ghcb_msr.h"
#include "snp/rmp.h"
#include "snp/vmsa.h"
#include "x86/cpuid_table.h"
#include "x86/regs.h"

#define SNP_STATUS  (SEV_STATUS_SEV | SEV_STATUS_SEV_ES | SEV_STATUS_SNP)
#define HV_FEATURES (GHCB_HV_FT_SNP | GHCB_HV_FT_AP_CREATION | GHCB_HV_FT_MULTI_VMPL)

static struct cpuid_page cpuid_copy; /* written once, before any CPUID is answered */
static uint64_t sev_features;
static uint64_t hv_features;

uint64_t environment_hv_features(void)
{
	return hv_features;
}

static enum err check_image(const struct image_map *image)
{
	bool good = image->magic == IMAGE_MAP_MAGIC && image->version == IMAGE_MAP_VERSION &&
		    image->bytes == sizeof(*image) && image->guest_vmpl >= 1 &&
		    image->guest_vmpl < VMPL_COUNT && image->region_bytes <= REGION_BYTES_MAX &&
		    is_aligned(image->region_base, PAGE_SIZE) &&
		    is_aligned(image->region_bytes, PAGE_SIZE) &&
		    image->image_pages < image->region_bytes / PAGE_SIZE &&
		    image->kernel_segment_count <= IMAGE_KERNEL_SEGMENTS;

	if (!good) {
		log_error(
			"environment: the image map is not one of this version; rebuild the image");
	}
	return good ? ERR_OK : ERR_FORMAT;
}

static enum err check_status(void)
{
	uint64_t status = insn_rdmsr(MSR_SEV_STATUS);

	if ((status & SNP_STATUS) != SNP_STATUS) {
		log_error("environment: SEV_STATUS is %lx, SEV-SNP is not active", status);
		return ERR_UNSUPPORTED;
	}
	sev_features = SEV_STATUS_TO_FEATURES(status);
	if (sev_features != SEV_FEATURE_SNP_ACTIVE) {
		log_error("environment: SEV_FEATURES %lx; only SNP_ACTIVE is known", sev_features);
		return ERR_UNSUPPORTED;
	}
	return ERR_OK;
}

/* Only VMPL0 may change what VMPL1 is allowed; the page is our stack's, and VMPL1 gets nothing in
 * the end. */
static enum err check_vmpl(void)
{
	uint8_t local;
	void *page = (void *)(uintptr_t)align_down((uint64_t)(uintptr_t)&local, PAGE_SIZE);

	if (access_rmpadjust(page, RMP_4K, RMPADJUST_ATTR(1, VMPL_READ, false)) != RMP_OK ||
	    access_rmpadjust(page, RMP_4K, RMPADJUST_ATTR(1, 0, false)) != RMP_OK) {
		log_error("environment: not at VMPL0");
		return ERR_UNSUPPORTED;
	}
	return ERR_OK;
}

static enum err check_cpuid(const struct image_map *image, unsigned int *cbit)
{
	const struct cpuid_page *page = (const struct cpuid_page *)(uintptr_t)image->cpuid_gpa;
	const struct cpuid_entry *sev;

	memcpy(&cpuid_copy, page, sizeof(cpuid_copy));
	sev = cpuid_table_find(&cpuid_copy, CPUID_SEV_LEAF, 0);
	if (sev == NULL || (sev->eax & CPUID_SEV_EAX_SNP) == 0) {
		log_error("environment: the CPUID page shows no SEV-SNP");
		return ERR_UNSUPPORTED;
	}
	*cbit = CPUID_SEV_EBX_CBIT(sev->ebx);
	return ERR_OK;
}

static enum err check_host(unsigned int cbit)
{
	uint64_t info = ghcb_msr_call(GHCB_MSR_SEV_INFO_REQ);
	uint64_t features = ghcb_msr_call(GHCB_MSR_HV_FEATURES_REQ);

	if ((info & GHCB_MSR_CODE_MASK) != GHCB_MSR_SEV_INFO || GHCB_MSR_INFO_MIN(info) > 2 ||
	    GHCB_MSR_INFO_MAX(info) < 2 || GHCB_MSR_INFO_CBIT(info) != cbit) {
		log_error("environment: SEV_INFO %lx: GHCB version 2 and C-bit %u are needed", info,
			  cbit);
		return ERR_HOST;
	}
	if ((features & GHCB_MSR_CODE_MASK) != GHCB_MSR_HV_FEATURES_RESP ||
	    (features >> 12 & HV_FEATURES) != HV_FEATURES) {
		log_error(
			"environment: hypervisor features %lx lack SNP, AP creation or multi-VMPL",
			features >> 12);
		return ERR_HOST;
	}
	hv_features = features >> 12;
	log_info("environment: C-bit %u, hypervisor features %lx", cbit, hv_features);
	return ERR_OK;
}

enum err arch_boot_environment(const struct image_map *image)
{
	unsigned int cbit = 0;
	enum err err = check_image(image);

	if (err == ERR_OK) {
		err = check_status();
	}
	if (err == ERR_OK) {
		err = check_cpuid(image, &cbit);
	}
	if (err == ERR_OK) {
		err = check_vmpl();
	}
	if (err == ERR_OK) {
		tables_set_cbit(cbit);
		err = check_host(cbit);
	}
	return err;
}

enum err arch_boot_idt(const struct image_map *image)
{
	(void)image;
	percpu_load_boot_gdt();
	trap_load_idt();
	return ERR_OK;
}

/* Leaves that must agree with what the CPU does, or #VC handling would lie. */
enum err arch_boot_vc(const struct image_map *image)
{
	const struct cpuid_entry *leaf7 = cpuid_table_find(&cpuid_copy, 7, 0);
	const uint32_t smep_smap = BIT32(7) | BIT32(20);

	(void)image;
	if (leaf7 == NULL || (leaf7->ebx & smep_smap) != smep_smap ||
	    (leaf7->ecx & BIT32(2)) == 0) {
		log_error("#VC handling: the CPUID page hides SMEP, SMAP or UMIP");
		return ERR_UNSUPPORTED;
	}
	return ERR_OK;
}

/* The rest of the region: not in the launch, so it has to be unvalidated now. Zeroed before use. */
enum err arch_boot_memory(const struct image_map *image)
{
	uint8_t *region = (uint8_t *)(uintptr_t)image;

	for (uint64_t at = image->image_pages * PAGE_SIZE; at < image->region_bytes;
	     at += PAGE_SIZE) {
		uint64_t r = access_pvalidate(region + at, RMP_4K, 1);

		if (r != RMP_OK) {
			log_error("memory: page %lx cannot be validated (%lx)",
				  image->region_base + at, r);
			return ERR_HOST;
		}
	}
	memset(region + image->image_pages * PAGE_SIZE, 0,
	       image->region_bytes - image->image_pages * PAGE_SIZE);
	return ERR_OK;
}

enum err arch_boot_page_tables(const struct image_map *image)
{
	enum err err = tables_build(image);

	if (err == ERR_OK) {
		/* x87 and SSE fault until a service that has such state is entered (fpu.c). */
		insn_write_cr0(insn_read_cr0() | CR0_WP | CR0_EM);
		insn_write_cr4(insn_read_cr4() | CR4_SMEP | CR4_SMAP | CR4_UMIP | CR4_OSFXSR |
			       CR4_OSXMMEXCPT);
		log_info("page tables: %u levels", (insn_read_cr4() & CR4_LA57) != 0 ? 5 : 4);
	}
	return err;
}

const struct cpuid_page *arch_cpuid_page(void)
{
	return &cpuid_copy;
}

uint64_t arch_sev_features(void)
{
	return sev_features;
}
