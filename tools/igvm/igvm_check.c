/* The checks of each header's contents, and of its place among the others. */
#include "igvm_check.h"

#include "base/mem.h"
#include "base/overflow.h"
#include "snp/launch.h"

#define GPA_LIMIT	     BIT(IGVM_GPA_BITS)
#define PLATFORM_VERSION_SNP 1

enum err igvm_check_refuse(struct igvm *f, enum err err, uint64_t at, const char *what)
{
	f->defect = what;
	f->defect_at = at;
	return err;
}

/* The 4096 bytes at a file offset. Offset 0 has none. */
static enum err find_page(struct igvm *f, struct igvm_item *item, uint32_t offset)
{
	if (offset == 0) {
		item->data = NULL;
		return ERR_OK;
	}
	if (offset < f->data_offset) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a page's data offset points into the headers");
	}
	if (!range_within(offset, PAGE_SIZE, 0, f->file_bytes)) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a page's data lies beyond the end of the file");
	}
	item->data = f->file + offset;
	return ERR_OK;
}

static enum err check_mask(struct igvm *f, const struct igvm_item *item, uint32_t mask)
{
	if (mask != f->mask) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "the compatibility mask is not the platform's");
	}
	return ERR_OK;
}

static enum err check_platform(struct igvm *f, const struct igvm_item *item)
{
	const struct igvm_supported_platform *p = &item->platform;

	if (f->mask != 0) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "more than one platform is supported");
	}
	if (p->platform_type != IGVM_PLATFORM_SNP) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "the platform is not SEV-SNP");
	}
	if (p->platform_version != PLATFORM_VERSION_SNP) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "the SEV-SNP platform version is not 1");
	}
	if (p->highest_vtl != 0 && p->highest_vtl != 2) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "the highest VTL is neither 0 nor 2");
	}
	if (p->compatibility_mask == 0 ||
	    (p->compatibility_mask & (p->compatibility_mask - 1)) != 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "the platform's mask has not exactly one bit");
	}
	f->mask = p->compatibility_mask;
	return ERR_OK;
}

static enum err check_policy(struct igvm *f, const struct igvm_item *item)
{
	enum err err = check_mask(f, item, item->policy.compatibility_mask);

	if (err != ERR_OK) {
		return err;
	}
	if (f->has_policy) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "there is a second guest policy");
	}
	if ((item->policy.policy & POLICY_RESERVED1) == 0 || item->policy.reserved != 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "the guest policy has wrong reserved bits");
	}
	f->has_policy = true;
	return ERR_OK;
}

static enum err check_area(struct igvm *f, const struct igvm_item *item)
{
	const struct igvm_parameter_area *a = &item->area;

	if (a->index >= IGVM_AREAS) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "a parameter area's index is above 15");
	}
	if (f->areas[a->index].is_declared) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a parameter area is declared twice");
	}
	if (a->bytes == 0 || !is_aligned(a->bytes, PAGE_SIZE) || a->bytes > IGVM_FILE_MAX) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a parameter area is not of whole pages");
	}
	if (a->file_offset != 0) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "a parameter area has initial data, which loaders ignore");
	}
	f->areas[a->index] = (struct igvm_area){.bytes = a->bytes, .is_declared = true};
	return ERR_OK;
}

/* The area a parameter or insert names: declared, not inserted yet. NULL otherwise. */
static struct igvm_area *open_area(struct igvm *f, const struct igvm_item *item, uint32_t index)
{
	struct igvm_area *area = index < IGVM_AREAS ? &f->areas[index] : NULL;

	if (area == NULL || !area->is_declared) {
		(void)!igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a parameter area is used but not declared");
		return NULL;
	}
	if (area->is_inserted) {
		(void)!igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a parameter area is used after it was inserted");
		return NULL;
	}
	return area;
}

static enum err check_parameter(struct igvm *f, const struct igvm_item *item)
{
	const struct igvm_parameter *p = &item->parameter;
	const struct igvm_area *area = open_area(f, item, p->area_index);

	if (area == NULL) {
		return ERR_FORMAT;
	}
	if (!is_aligned(p->byte_offset, 4) || p->byte_offset >= area->bytes) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a parameter lies outside its area");
	}
	if (item->type == IGVM_MEMORY_MAP && p->byte_offset != 0) {
		return igvm_check_refuse(
			f, ERR_UNSUPPORTED, item->at,
			"a memory map does not start its area, where loaders put it");
	}
	return ERR_OK;
}

/* Whole pages below the C-bit. */
static enum err check_range(struct igvm *f, const struct igvm_item *item, uint64_t gpa,
			    uint64_t bytes)
{
	if (!is_aligned(gpa, PAGE_SIZE) || !is_aligned(bytes, PAGE_SIZE)) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "an address or size is not page aligned");
	}
	if (!range_within(gpa, bytes, 0, GPA_LIMIT)) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a range is empty or reaches above gPA bit 46");
	}
	return ERR_OK;
}

static bool overlaps_insert(const struct igvm *f, uint64_t gpa, uint64_t bytes)
{
	for (uint32_t i = 0; i < IGVM_AREAS; i++) {
		const struct igvm_area *a = &f->areas[i];

		if (a->is_inserted && ranges_overlap(gpa, bytes, a->gpa, a->bytes)) {
			return true;
		}
	}
	return false;
}

static enum err check_insert(struct igvm *f, const struct igvm_item *item)
{
	struct igvm_area *area = open_area(f, item, item->insert.area_index);
	enum err err;

	if (area == NULL) {
		return ERR_FORMAT;
	}
	err = check_mask(f, item, item->insert.compatibility_mask);
	if (err == ERR_OK) {
		err = check_range(f, item, item->insert.gpa, area->bytes);
	}
	if (err != ERR_OK) {
		return err;
	}
	if (f->next_gpa != 0 || f->has_vmsa) {
		return igvm_check_refuse(
			f, ERR_UNSUPPORTED, item->at,
			"a parameter insert follows page data: loaders measure it before");
	}
	if (overlaps_insert(f, item->insert.gpa, area->bytes)) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "two parameter inserts overlap");
	}
	area->gpa = item->insert.gpa;
	area->is_inserted = true;
	return ERR_OK;
}

static enum err check_page_type(struct igvm *f, const struct igvm_item *item)
{
	const struct igvm_page_data *p = &item->page;
	bool *seen = p->data_type == IGVM_PAGE_SECRETS ? &f->has_secrets : &f->has_cpuid;

	if (p->reserved != 0 || (p->flags & ~IGVM_PAGE_FLAG_UNMEASURED) != 0) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "page data is shared, of 2 MiB, or has reserved bits");
	}
	if (p->data_type == IGVM_PAGE_NORMAL) {
		return ERR_OK;
	}
	if (p->data_type != IGVM_PAGE_SECRETS && p->data_type != IGVM_PAGE_CPUID) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "page data has an unknown type");
	}
	if (p->flags != 0 || p->file_offset != 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "a secrets or CPUID page has flags or data");
	}
	if (*seen) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "there is a second secrets or CPUID page");
	}
	*seen = true;
	return ERR_OK;
}

static enum err check_page(struct igvm *f, struct igvm_item *item)
{
	const struct igvm_page_data *p = &item->page;
	enum err err = check_mask(f, item, p->compatibility_mask);

	if (err == ERR_OK) {
		err = check_range(f, item, p->gpa, PAGE_SIZE);
	}
	if (err == ERR_OK) {
		err = check_page_type(f, item);
	}
	if (err != ERR_OK) {
		return err;
	}
	if (f->has_vmsa) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "page data follows the VP context");
	}
	if (p->gpa < f->next_gpa) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "page data is not in ascending order");
	}
	if (overlaps_insert(f, p->gpa, PAGE_SIZE)) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "page data overlaps a parameter insert");
	}
	f->next_gpa = p->gpa + PAGE_SIZE;
	return find_page(f, item, p->file_offset);
}

static enum err check_vp(struct igvm *f, struct igvm_item *item)
{
	const struct igvm_vp_context *vp = &item->vp;
	enum err err = check_mask(f, item, vp->compatibility_mask);

	if (err != ERR_OK) {
		return err;
	}
	if (f->has_vmsa || vp->vp_index != 0 || vp->reserved != 0) {
		return igvm_check_refuse(f, ERR_UNSUPPORTED, item->at,
					 "there is a VP context besides CPU 0's");
	}
	if (vp->gpa != LAUNCH_VMSA_GPA) {
		return igvm_check_refuse(
			f, ERR_UNSUPPORTED, item->at,
			"the VP context is not at gPA 0xfffffffff000, where KVM measures it");
	}
	if (vp->file_offset == 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at, "the VP context has no data");
	}
	f->has_vmsa = true;
	return find_page(f, item, vp->file_offset);
}

static enum err check_memory(struct igvm *f, const struct igvm_item *item)
{
	enum err err = check_mask(f, item, item->memory.compatibility_mask);

	if (err != ERR_OK) {
		return err;
	}
	if (item->memory.flags != 0 || item->memory.reserved != 0) {
		return igvm_check_refuse(f, ERR_FORMAT, item->at,
					 "required memory has flags or reserved bits");
	}
	return check_range(f, item, item->memory.gpa, item->memory.bytes);
}

/* Its signatures are the PSP's to check. */
static enum err check_id_block(struct igvm *f, const struct igvm_item *item)
{
	uint32_t mask;

	memcpy(&mask, item->data, sizeof(mask));
	return check_mask(f, item, mask);
}

enum err igvm_check_item(struct igvm *f, struct igvm_item *item)
{
	switch (item->type) {
	case IGVM_SUPPORTED_PLATFORM:
		return check_platform(f, item);
	case IGVM_GUEST_POLICY:
		return check_policy(f, item);
	case IGVM_PARAMETER_AREA:
		return check_area(f, item);
	case IGVM_PAGE_DATA:
		return check_page(f, item);
	case IGVM_PARAMETER_INSERT:
		return check_insert(f, item);
	case IGVM_VP_CONTEXT:
		return check_vp(f, item);
	case IGVM_REQUIRED_MEMORY:
		return check_memory(f, item);
	case IGVM_SNP_ID_BLOCK:
		return check_id_block(f, item);
	default:
		return check_parameter(f, item);
	}
}
