/*
 * Hands over: low memory that the boot used goes back unvalidated, firmware pages are granted, the
 * sections of its metadata are validated and filled. All other memory stays unvalidated: firmware
 * validates it itself, and takes a page that is validated already for an attack.
 */
#include "firmware.h"

#include "arch/boot.h"
#include "arch/guest.h"
#include "arch/host.h"
#include "arch/rmp.h"
#include "base/mem.h"
#include "log.h"
#include "mm/page.h"
#include "mm/pagestate.h"
#include "mm/pool.h"
#include "secrets.h"
#include "snp/ghcb.h"
#include "snp/ovmf.h"
#include "vcpu/registry.h"
#include "vcpu/vcpu.h"
#include "x86/cpuid_table.h"
#include "x86/msr.h"

#define SEGMENT_DATA 0x93
#define SEGMENT_CODE 0x9B
#define SEGMENT_LDT  0x82
#define SEGMENT_TSS  0x8B

static enum err release_low_memory(const struct image_map *image)
{
	for (uint64_t i = 0; i < image->low_pages; i++) {
		gpa_t page = gpa(image->low_base + i * PAGE_SIZE);
		struct rmp_result r;

		if (arch_guest_zero(page, false) != ERR_OK) {
			return ERR_FAULT;
		}
		r = arch_pvalidate(page, RMP_4K, false);
		if (r.faulted || r.status != RMP_OK || r.unchanged) {
			return ERR_HOST;
		}
	}
	arch_flush_all();
	return ERR_OK;
}

/* Its pages were validated by the launch. */
static enum err grant_firmware(const struct image_map *image)
{
	const gpa_t base = gpa(image->firmware_gpa);
	enum err err;

	err = pagestate_reserve(base, image->firmware_bytes);
	for (uint64_t at = 0; at < image->firmware_bytes && err == ERR_OK; at += PAGE_SIZE) {
		gpa_t page = gpa_add(base, at);

		pagestate_lock(page);
		pagestate_set(page, PAGE_SIZE, PAGE_GUEST, image->guest_vmpl);
		err = page_grant(page, image->guest_vmpl);
		pagestate_unlock(page);
	}
	return err;
}

void firmware_make_secrets(struct secrets_page *copy, const struct secrets_page *own,
			   const struct image_map *image, uint64_t caa)
{
	memcpy(copy, own, sizeof(*copy));
	for (unsigned int vmpl = 0; vmpl < image->guest_vmpl; vmpl++) {
		mem_wipe(copy->vmpck[vmpl], VMPCK_BYTES);
	}
	copy->svsm_base = image->region_base;
	copy->svsm_size = image->region_bytes;
	copy->svsm_caa = caa;
	copy->svsm_max_version = 1;
	copy->svsm_guest_vmpl = (uint8_t)image->guest_vmpl;
}

static const struct image_section *find_section(const struct image_map *image, uint32_t type)
{
	for (uint32_t i = 0; i < image->section_count && i < IMAGE_SECTIONS; i++) {
		if (image->sections[i].type == type) {
			return &image->sections[i];
		}
	}
	return NULL;
}

static enum err accept_section(const struct image_map *image, const struct image_section *s)
{
	enum err err = ERR_OK;
	unsigned int status = 0;

	for (uint64_t at = 0; at < s->bytes && err == ERR_OK; at += PAGE_SIZE) {
		const struct page_change change = { .page = gpa(s->base + at), .validate = true };

		err = page_perform(&change, image->guest_vmpl, &status);
	}
	if (err != ERR_OK) {
		log_error("guest firmware: section %x at %x, %x bytes: error %d, RMP status %u",
			  s->type, s->base, s->bytes, err, status);
	}
	return err;
}

static enum err accept_sections(const struct image_map *image)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < image->section_count && i < IMAGE_SECTIONS && err == ERR_OK; i++) {
		err = accept_section(image, &image->sections[i]);
	}
	return err;
}

/* The tables that firmware and kernel trust: our own copies of what the PSP gave us. */
static enum err write_tables(const struct image_map *image, const struct image_section *caa)
{
	const struct image_section *secrets = find_section(image, OVMF_SECTION_SECRETS);
	const struct image_section *cpuid = find_section(image, OVMF_SECTION_CPUID);
	const void *own = (const uint8_t *)image + image->secrets_offset;
	struct secrets_page *copy = pool_alloc(1);
	enum err err = copy != NULL ? ERR_OK : ERR_NOMEM;

	if (err == ERR_OK && secrets != NULL) {
		firmware_make_secrets(copy, own, image, caa->base);
		err = arch_guest_write(gpa(secrets->base), copy, sizeof(*copy));
	}
	if (err == ERR_OK && cpuid != NULL) {
		err = arch_guest_write(gpa(cpuid->base), arch_cpuid_page(), PAGE_SIZE);
	}
	if (copy != NULL) {
		pool_free(copy, 1);
	}
	return err;
}

static struct vmsa_segment segment(uint16_t selector, uint16_t attributes, uint64_t base)
{
	return (struct vmsa_segment){ selector, attributes, 0xFFFF, base };
}

void firmware_make_vmsa(struct vmsa *vmsa, unsigned int vmpl, uint64_t features, uint32_t signature)
{
	const struct vmsa_segment data = segment(0, SEGMENT_DATA, 0);

	*vmsa = (struct vmsa){
		.es = data,
		.cs = segment(0xF000, SEGMENT_CODE, 0xFFFF0000),
		.ss = data,
		.ds = data,
		.fs = data,
		.gs = data,
		.gdtr = segment(0, 0, 0),
		.ldtr = segment(0, SEGMENT_LDT, 0),
		.idtr = segment(0, 0, 0),
		.tr = segment(0, SEGMENT_TSS, 0),
		.vmpl = (uint8_t)vmpl,
		.efer = EFER_SVME,
		.cr0 = VMSA_RESET_CR0,
		.dr6 = VMSA_RESET_DR6,
		.dr7 = VMSA_RESET_DR7,
		.rflags = 2,
		.rip = 0xFFF0,
		.rdx = signature,
		.g_pat = VMSA_RESET_PAT,
		.sev_features = features,
		.xcr0 = 1,
		.mxcsr = VMSA_RESET_MXCSR,
		.x87_ftw = VMSA_RESET_FTW,
		.x87_fcw = VMSA_RESET_FCW,
	};
}

static uint32_t cpu_signature(void)
{
	const struct cpuid_entry *leaf = cpuid_table_find(arch_cpuid_page(), 1, 0);

	return leaf != NULL ? leaf->eax : 0;
}

static enum err start_vcpu(const struct image_map *image, gpa_t caa)
{
	struct vcpu *vcpu = vcpu_this();
	struct vmsa *vmsa = pool_alloc_vmsa();
	struct registry_entry entry = { .caa = caa, .vmpl = (uint8_t)image->guest_vmpl };
	struct registry_entry *added;
	struct rmp_result r;
	enum err err;

	if (vmsa == NULL) {
		return ERR_NOMEM;
	}
	firmware_make_vmsa(vmsa, image->guest_vmpl, arch_sev_features(), cpu_signature());
	entry.vmsa = pool_gpa(vmsa);
	entry.apic_id = vcpu->apic_id;
	entry.is_launch = true;
	r = arch_rmpadjust(entry.vmsa, RMP_4K, image->guest_vmpl, 0, true);
	if (r.faulted || r.status != RMP_OK) {
		return ERR_FAULT;
	}
	pagestate_lock(caa);
	pagestate_set(caa, PAGE_SIZE, PAGE_CAA, image->guest_vmpl);
	pagestate_unlock(caa);
	err = registry_add(&entry, &added);
	if (err != ERR_OK) {
		return err;
	}
	registry_leave(added);
	return arch_host_vcpu(entry.apic_id, image->guest_vmpl, AP_CREATE_ON_INIT, entry.vmsa,
			      arch_sev_features());
}

enum err firmware_start(const struct image_map *image)
{
	const struct image_section *caa = find_section(image, OVMF_SECTION_CAA);
	enum err err;

	if (caa == NULL) {
		log_error("guest firmware: its metadata has no calling area (SVSM_CAA) section");
		return ERR_FORMAT;
	}
	err = release_low_memory(image);
	if (err == ERR_OK) {
		err = grant_firmware(image);
	}
	if (err == ERR_OK) {
		err = accept_sections(image);
	}
	if (err == ERR_OK) {
		err = write_tables(image, caa);
	}
	/* The guest has its key, and a service may have VMPCK0: nobody needs them here. */
	secrets_wipe();
	if (err == ERR_OK) {
		err = start_vcpu(image, gpa(caa->base));
	}
	if (err == ERR_OK) {
		log_info("guest firmware: %lu KiB at %lx, %u sections, calling area %x, VMPL%u",
			 image->firmware_bytes >> 10, image->firmware_gpa, image->section_count,
			 caa->base, image->guest_vmpl);
	}
	return err;
}
