/*
 * Directives are carried out in the file's order, which the reader has checked to be one that QEMU
 * keeps. The digest counts pages as LAUNCH_UPDATE does, and the VMSA last, as KVM does.
 */
#include "launch.h"

#include <stddef.h>

#include "../igvm/igvm_read.h"
#include "base/bits.h"
#include "base/mem.h"
#include "cpuid.h"
#include "e820.h"
#include "fwcfg.h"
#include "host.h"
#include "log.h"
#include "memory.h"
#include "model/psp.h"
#include "platform.h"
#include "snp/launch.h"
#include "snp/secrets.h"
#include "stats.h"
#include "vcpu.h"

#define SECRETS_VERSION	  3
#define POLICY_ABI_NEWEST ((PSP_API_MAJOR << 8) | PSP_API_MINOR)

struct area {
	uint8_t *data;
	uint64_t bytes;
};

static const void *file;
static uint32_t file_bytes;
static struct area areas[IGVM_AREAS];
static uint64_t vmsa_spa;
static uint64_t pages_placed;
static uint64_t policy;
static const uint8_t *id_block;

static void open_file(struct igvm *igvm)
{
	if (igvm_open(igvm, file, file_bytes) != ERR_OK) {
		log_fatal("opt/keel/igvm: %s, at byte %lu: build the image again",
			  igvm->defect != NULL ? igvm->defect : "damaged", igvm->defect_at);
	}
}

static void next_item(struct igvm *igvm, struct igvm_item *item)
{
	if (igvm_next(igvm, item) != ERR_OK) {
		log_fatal("opt/keel/igvm changed while it was read");
	}
}

static void declare_area(const struct igvm_parameter_area *raw)
{
	if (raw->index >= IGVM_AREAS) {
		log_fatal("the image has a parameter area %u", raw->index);
	}
	areas[raw->index].data = memory_ptr(memory_alloc(raw->bytes, PAGE_SIZE));
	areas[raw->index].bytes = raw->bytes;
}

static void want(const struct igvm *igvm, const struct igvm_item *item)
{
	switch (item->type) {
	case IGVM_PARAMETER_AREA:
		declare_area(&item->area);
		break;
	case IGVM_PAGE_DATA:
		memory_want(item->page.gpa, PAGE_SIZE);
		break;
	case IGVM_REQUIRED_MEMORY:
		memory_want(item->memory.gpa, item->memory.bytes);
		break;
	case IGVM_PARAMETER_INSERT:
		memory_want(item->insert.gpa, igvm->areas[item->insert.area_index].bytes);
		break;
	default:
		break;
	}
}

void launch_read(void)
{
	static struct igvm igvm;
	struct igvm_item item;
	struct fwcfg_file where;
	uint64_t pa;

	if (!fwcfg_find("opt/keel/igvm", &where)) {
		log_fatal("no image: start QEMU with -fw_cfg name=opt/keel/igvm,file=keel.igvm");
	}
	pa = memory_alloc(where.bytes, PAGE_SIZE);
	fwcfg_read(where.key, pa, where.bytes);
	file = memory_ptr(pa);
	file_bytes = where.bytes;
	open_file(&igvm);
	do {
		next_item(&igvm, &item);
		want(&igvm, &item);
	} while (item.type != IGVM_END);
	vmsa_spa = memory_alloc(PAGE_SIZE, PAGE_SIZE);
	memory_back_wanted();
}

bool launch_find_vmsa(uint64_t gpa, uint64_t *spa)
{
	*spa = vmsa_spa;
	return gpa == LAUNCH_VMSA_GPA;
}

/* A page of the launch: validated, VMPL0's alone. */
static void *claim(uint64_t gpa)
{
	uint64_t spa;

	if (!memory_find(gpa, &spa)) {
		log_fatal("the image has a page at gpa 0x%lx, where the guest has no memory", gpa);
	}
	if (rmp_launch(&host_rmp, spa, gpa, false) != ERR_OK) {
		log_fatal("the image has two pages at gpa 0x%lx", gpa);
	}
	pages_placed++;
	return memory_ptr(spa);
}

static void place(uint64_t gpa, uint8_t type, const void *data)
{
	void *page = claim(gpa);

	if (data != NULL) {
		memcpy(page, data, PAGE_SIZE);
	} else {
		memset(page, 0, PAGE_SIZE);
	}
	digest_page(&stats.digest, type, gpa, page);
}

static void place_secrets(uint64_t gpa)
{
	static struct secrets_page secrets;

	secrets.version = SECRETS_VERSION;
	secrets.fms = cpuid(1, 0).eax;
	platform_vmpcks(secrets.vmpck);
	place(gpa, LAUNCH_PAGE_SECRETS, &secrets);
	mem_wipe(&secrets, sizeof(secrets));
}

static void place_cpuid(uint64_t gpa)
{
	static struct cpuid_page page;

	cpuid_fill_page(&page);
	place(gpa, LAUNCH_PAGE_CPUID, &page);
}

static void place_page(const struct igvm_item *item)
{
	const struct igvm_page_data *page = &item->page;

	if ((page->flags & (IGVM_PAGE_FLAG_2M | IGVM_PAGE_FLAG_SHARED)) != 0) {
		log_fatal("the image's page at gpa 0x%lx has flags 0x%x", page->gpa, page->flags);
	}
	switch (page->data_type) {
	case IGVM_PAGE_NORMAL:
		place(page->gpa,
		      (page->flags & IGVM_PAGE_FLAG_UNMEASURED) != 0 ? LAUNCH_PAGE_UNMEASURED
								     : LAUNCH_PAGE_NORMAL,
		      item->data);
		break;
	case IGVM_PAGE_SECRETS:
		place_secrets(page->gpa);
		break;
	case IGVM_PAGE_CPUID:
		place_cpuid(page->gpa);
		break;
	default:
		log_fatal("the image's page at gpa 0x%lx has type %u", page->gpa,
			  (unsigned int)page->data_type);
	}
}

static struct area *area_at(uint32_t index, uint64_t offset, uint64_t bytes)
{
	if (index >= IGVM_AREAS || areas[index].data == NULL || offset > areas[index].bytes ||
	    bytes > areas[index].bytes - offset) {
		log_fatal("the image names parameter area %u, which is too small or not there",
			  index);
	}
	return &areas[index];
}

static void insert_area(const struct igvm_parameter_insert *insert)
{
	const struct area *area = area_at(insert->area_index, 0, 0);

	for (uint64_t at = 0; at < area->bytes; at += PAGE_SIZE) {
		place(insert->gpa + at, LAUNCH_PAGE_UNMEASURED, area->data + at);
	}
}

static void fill_number(const struct igvm_parameter *where, uint32_t value)
{
	struct area *area = area_at(where->area_index, where->byte_offset, sizeof(value));

	memcpy(area->data + where->byte_offset, &value, sizeof(value));
}

/* QEMU writes the map at the area's start, whatever the directive's offset. */
static void fill_memory_map(const struct igvm_parameter *where)
{
	const struct area *area = area_at(where->area_index, 0, 0);
	uint64_t room = area->bytes / sizeof(struct igvm_memory_map_entry);
	struct igvm_memory_map_entry entry;
	struct e820_entry e;
	unsigned int i;

	for (i = 0; e820_guest_at(i, &e); i++) {
		if (i + 1 >= room) {
			log_fatal("the image's memory map area is too small");
		}
		entry = (struct igvm_memory_map_entry){
			.page_number = e.base >> PAGE_SHIFT,
			.page_count = e.bytes >> PAGE_SHIFT,
			.type = e.type == E820_RAM ? IGVM_MEMORY_RAM : IGVM_MEMORY_RESERVED,
		};
		memcpy(area->data + i * sizeof(entry), &entry, sizeof(entry));
	}
}

static void place_vmsa(const struct igvm_item *item)
{
	struct vcpu *vcpu = vcpu_at(0);
	struct vmsa *vmsa = memory_ptr(vmsa_spa);

	if (item->vp.vp_index != 0 || item->data == NULL) {
		log_fatal("the image has a VMSA for vCPU %u; only the boot vCPU's is loaded",
			  (unsigned int)item->vp.vp_index);
	}
	memcpy(vmsa, item->data, sizeof(*vmsa));
	if (vmsa->sev_features != VMPL_FEATURES) {
		log_fatal("the image's VMSA asks for SEV_FEATURES 0x%lx, this host has 0x%lx",
			  vmsa->sev_features, VMPL_FEATURES);
	}
	if (rmp_launch(&host_rmp, vmsa_spa, LAUNCH_VMSA_GPA, true) != ERR_OK) {
		log_fatal("the image has two VMSAs");
	}
	digest_page(&stats.digest, LAUNCH_PAGE_VMSA, LAUNCH_VMSA_GPA, vmsa);
	vcpu->states[0].has_vmsa = true;
	vcpu->states[0].vmsa_gpa = LAUNCH_VMSA_GPA;
}

static void carry_out(const struct igvm_item *item)
{
	switch (item->type) {
	case IGVM_PAGE_DATA:
		place_page(item);
		break;
	case IGVM_PARAMETER_INSERT:
		insert_area(&item->insert);
		break;
	case IGVM_MEMORY_MAP:
		fill_memory_map(&item->parameter);
		break;
	case IGVM_VP_COUNT:
		fill_number(&item->parameter, vcpu_count());
		break;
	case IGVM_ENVIRONMENT_INFO:
		fill_number(&item->parameter, 1);
		break;
	case IGVM_VP_CONTEXT:
		place_vmsa(item);
		break;
	case IGVM_GUEST_POLICY:
		policy = item->policy.policy;
		break;
	case IGVM_SNP_ID_BLOCK:
		id_block = item->data;
		break;
	case IGVM_SUPPORTED_PLATFORM:
	case IGVM_PARAMETER_AREA:
	case IGVM_REQUIRED_MEMORY:
	case IGVM_END:
		break;
	default:
		log_fatal("the image has a directive 0x%x", item->type);
	}
}

/* LAUNCH_START's checks; an image without a policy has policy 0, as in QEMU. */
static void check_policy(void)
{
	if ((policy & POLICY_RESERVED1) == 0) {
		log_fatal("the image's policy 0x%lx lacks bit 17", policy);
	}
	if ((policy & POLICY_RESERVED0) != 0) {
		log_fatal("the image's policy 0x%lx has reserved bits", policy);
	}
	if ((policy & POLICY_ABI) > POLICY_ABI_NEWEST) {
		log_fatal("the image's policy 0x%lx wants a newer firmware than %u.%u", policy,
			  (unsigned int)(POLICY_ABI_NEWEST >> 8),
			  (unsigned int)(POLICY_ABI_NEWEST & 0xff));
	}
}

void launch_place(void)
{
	static struct igvm igvm;
	struct igvm_item item;

	platform_start();
	digest_start(&stats.digest);
	open_file(&igvm);
	do {
		next_item(&igvm, &item);
		carry_out(&item);
	} while (item.type != IGVM_END);
	if (!vcpu_at(0)->states[0].has_vmsa) {
		log_fatal("the image has no VMSA: nothing to run");
	}
	stats.has_digest = true;
	check_policy();
	platform_finish(stats.digest.value, policy, id_block);
	host_assign_all();
	log_line("launch: %lu pages placed and measured", pages_placed);
}
