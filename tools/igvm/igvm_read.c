/* The checks, header by header; igvm_read.h says what a file that passes them is. */
#include "igvm_read.h"

#include "base/mem.h"
#include "base/overflow.h"
#include "snp/launch.h"

#define GPA_LIMIT	     BIT(IGVM_GPA_BITS)
#define CHECKSUM_START	     offsetof(struct igvm_fixed_header, checksum)
#define PLATFORM_VERSION_SNP 1

/* The headers this reader takes: those of upstream QEMU's loader, which refuses all others too. */
static const struct {
	uint32_t type;
	uint32_t bytes;
} known_headers[] = {
	{IGVM_SUPPORTED_PLATFORM, sizeof(struct igvm_supported_platform)},
	{IGVM_GUEST_POLICY, sizeof(struct igvm_guest_policy)},
	{IGVM_PARAMETER_AREA, sizeof(struct igvm_parameter_area)},
	{IGVM_PAGE_DATA, sizeof(struct igvm_page_data)},
	{IGVM_PARAMETER_INSERT, sizeof(struct igvm_parameter_insert)},
	{IGVM_VP_CONTEXT, sizeof(struct igvm_vp_context)},
	{IGVM_REQUIRED_MEMORY, sizeof(struct igvm_required_memory)},
	{IGVM_VP_COUNT, sizeof(struct igvm_parameter)},
	{IGVM_SNP_ID_BLOCK, IGVM_ID_BLOCK_BYTES},
	{IGVM_MEMORY_MAP, sizeof(struct igvm_parameter)},
	{IGVM_ENVIRONMENT_INFO, sizeof(struct igvm_parameter)},
};

static enum err refuse(struct igvm *f, enum err err, uint64_t at, const char *what)
{
	f->defect = what;
	f->defect_at = at;
	return err;
}

uint32_t igvm_crc32(uint32_t crc, const void *data, size_t bytes)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < bytes; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
		}
	}
	return ~crc;
}

/* The 4096 bytes at a file offset. Offset 0 has none. */
static enum err find_page(struct igvm *f, struct igvm_item *item, uint32_t offset)
{
	if (offset == 0) {
		item->data = NULL;
		return ERR_OK;
	}
	if (offset < f->data_offset) {
		return refuse(f, ERR_FORMAT, item->at,
			      "a page's data offset points into the headers");
	}
	if (!range_within(offset, PAGE_SIZE, 0, f->file_bytes)) {
		return refuse(f, ERR_FORMAT, item->at,
			      "a page's data lies beyond the end of the file");
	}
	item->data = f->file + offset;
	return ERR_OK;
}

static enum err check_mask(struct igvm *f, const struct igvm_item *item, uint32_t mask)
{
	if (mask != f->mask) {
		return refuse(f, ERR_FORMAT, item->at,
			      "the compatibility mask is not the platform's");
	}
	return ERR_OK;
}

static enum err check_platform(struct igvm *f, const struct igvm_item *item)
{
	const struct igvm_supported_platform *p = &item->platform;

	if (f->mask != 0) {
		return refuse(f, ERR_UNSUPPORTED, item->at, "more than one platform is supported");
	}
	if (p->platform_type != IGVM_PLATFORM_SNP) {
		return refuse(f, ERR_UNSUPPORTED, item->at, "the platform is not SEV-SNP");
	}
	if (p->platform_version != PLATFORM_VERSION_SNP) {
		return refuse(f, ERR_UNSUPPORTED, item->at,
			      "the SEV-SNP platform version is not 1");
	}
	if (p->highest_vtl != 0 && p->highest_vtl != 2) {
		return refuse(f, ERR_FORMAT, item->at, "the highest VTL is neither 0 nor 2");
	}
	if (p->compatibility_mask == 0 ||
	    (p->compatibility_mask & (p->compatibility_mask - 1)) != 0) {
		return refuse(f, ERR_FORMAT, item->at,
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
		return refuse(f, ERR_FORMAT, item->at, "there is a second guest policy");
	}
	if ((item->policy.policy & POLICY_RESERVED1) == 0 || item->policy.reserved != 0) {
		return refuse(f, ERR_FORMAT, item->at, "the guest policy has wrong reserved bits");
	}
	f->has_policy = true;
	return ERR_OK;
}

static enum err check_area(struct igvm *f, const struct igvm_item *item)
{
	const struct igvm_parameter_area *a = &item->area;

	if (a->index >= IGVM_AREAS) {
		return refuse(f, ERR_UNSUPPORTED, item->at, "a parameter area's index is above 15");
	}
	if (f->areas[a->index].is_declared) {
		return refuse(f, ERR_FORMAT, item->at, "a parameter area is declared twice");
	}
	if (a->bytes == 0 || !is_aligned(a->bytes, PAGE_SIZE) || a->bytes > IGVM_FILE_MAX) {
		return refuse(f, ERR_FORMAT, item->at, "a parameter area is not of whole pages");
	}
	if (a->file_offset != 0) {
		return refuse(f, ERR_UNSUPPORTED, item->at,
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
		(void)!refuse(f, ERR_FORMAT, item->at, "a parameter area is used but not declared");
		return NULL;
	}
	if (area->is_inserted) {
		(void)!refuse(f, ERR_FORMAT, item->at,
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
		return refuse(f, ERR_FORMAT, item->at, "a parameter lies outside its area");
	}
	if (item->type == IGVM_MEMORY_MAP && p->byte_offset != 0) {
		return refuse(f, ERR_UNSUPPORTED, item->at,
			      "a memory map does not start its area, where loaders put it");
	}
	return ERR_OK;
}

/* Whole pages below the C-bit. */
static enum err check_range(struct igvm *f, const struct igvm_item *item, uint64_t gpa,
			    uint64_t bytes)
{
	if (!is_aligned(gpa, PAGE_SIZE) || !is_aligned(bytes, PAGE_SIZE)) {
		return refuse(f, ERR_FORMAT, item->at, "an address or size is not page aligned");
	}
	if (!range_within(gpa, bytes, 0, GPA_LIMIT)) {
		return refuse(f, ERR_FORMAT, item->at,
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
		return refuse(f, ERR_UNSUPPORTED, item->at,
			      "a parameter insert follows page data: loaders measure it before");
	}
	if (overlaps_insert(f, item->insert.gpa, area->bytes)) {
		return refuse(f, ERR_FORMAT, item->at, "two parameter inserts overlap");
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
		return refuse(f, ERR_UNSUPPORTED, item->at,
			      "page data is shared, of 2 MiB, or has reserved bits");
	}
	if (p->data_type == IGVM_PAGE_NORMAL) {
		return ERR_OK;
	}
	if (p->data_type != IGVM_PAGE_SECRETS && p->data_type != IGVM_PAGE_CPUID) {
		return refuse(f, ERR_UNSUPPORTED, item->at, "page data has an unknown type");
	}
	if (p->flags != 0 || p->file_offset != 0) {
		return refuse(f, ERR_FORMAT, item->at, "a secrets or CPUID page has flags or data");
	}
	if (*seen) {
		return refuse(f, ERR_FORMAT, item->at, "there is a second secrets or CPUID page");
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
		return refuse(f, ERR_UNSUPPORTED, item->at, "page data follows the VP context");
	}
	if (p->gpa < f->next_gpa) {
		return refuse(f, ERR_FORMAT, item->at, "page data is not in ascending order");
	}
	if (overlaps_insert(f, p->gpa, PAGE_SIZE)) {
		return refuse(f, ERR_FORMAT, item->at, "page data overlaps a parameter insert");
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
		return refuse(f, ERR_UNSUPPORTED, item->at,
			      "there is a VP context besides CPU 0's");
	}
	if (vp->gpa != LAUNCH_VMSA_GPA) {
		return refuse(f, ERR_UNSUPPORTED, item->at,
			      "the VP context is not at gPA 0xfffffffff000, where KVM measures it");
	}
	if (vp->file_offset == 0) {
		return refuse(f, ERR_FORMAT, item->at, "the VP context has no data");
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
		return refuse(f, ERR_FORMAT, item->at,
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

static enum err check_item(struct igvm *f, struct igvm_item *item)
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

/* Sections are ranges of 0x100 types and come in ascending order, platforms first. */
static enum err check_order(struct igvm *f, const struct igvm_item *item)
{
	if ((item->type - 1) >> 8 < (f->last_type - 1) >> 8 && f->last_type != 0) {
		return refuse(f, ERR_FORMAT, item->at, "a header is out of its section's order");
	}
	if (f->mask == 0 && item->type != IGVM_SUPPORTED_PLATFORM) {
		return refuse(f, ERR_FORMAT, item->at, "no supported platform comes first");
	}
	f->last_type = item->type;
	return ERR_OK;
}

static enum err take_header(struct igvm *f, struct igvm_item *item)
{
	struct igvm_header header;
	const uint8_t *payload;
	size_t known = 0;

	if (!rdbuf_copy(&f->headers, &header, sizeof(header))) {
		return refuse(f, ERR_FORMAT, item->at, "a header is cut off");
	}
	while (known < ARRAY_SIZE(known_headers) && known_headers[known].type != header.type) {
		known++;
	}
	if (known == ARRAY_SIZE(known_headers)) {
		return refuse(f, ERR_UNSUPPORTED, item->at, "a header has an unknown type");
	}
	if (header.bytes != known_headers[known].bytes) {
		return refuse(f, ERR_FORMAT, item->at, "a header has the wrong size");
	}
	payload = rdbuf_take(&f->headers, align_up(header.bytes, 8));
	if (payload == NULL) {
		return refuse(f, ERR_FORMAT, item->at, "a header is cut off");
	}
	item->type = header.type;
	if (header.type == IGVM_SNP_ID_BLOCK) {
		item->data = payload;
	} else {
		memcpy(item->raw, payload, header.bytes);
	}
	return check_order(f, item);
}

static enum err check_end(struct igvm *f, const struct igvm_item *item)
{
	if (f->mask == 0) {
		return refuse(f, ERR_FORMAT, item->at, "no platform is supported");
	}
	if (!f->has_policy) {
		return refuse(f, ERR_FORMAT, item->at, "there is no guest policy");
	}
	if (!f->has_vmsa) {
		return refuse(f, ERR_FORMAT, item->at, "there is no VP context to start from");
	}
	return ERR_OK;
}

enum err igvm_next(struct igvm *f, struct igvm_item *item)
{
	enum err err;

	memset(item, 0, sizeof(*item));
	item->at = (uint32_t)f->headers.at;
	if (f->defect != NULL) {
		return ERR_FORMAT;
	}
	if (f->headers.at == f->headers.bytes) {
		return check_end(f, item);
	}
	err = take_header(f, item);
	if (err == ERR_OK) {
		err = check_item(f, item);
	}
	return err;
}

static enum err check_fixed(struct igvm *f, const struct igvm_fixed_header *h, size_t bytes)
{
	if (h->magic != IGVM_MAGIC) {
		return refuse(f, ERR_FORMAT, 0, "this is no IGVM file: the magic is wrong");
	}
	if (h->version != IGVM_VERSION) {
		return refuse(f, ERR_UNSUPPORTED, 4, "the IGVM format version is not 1");
	}
	if (h->headers_offset != sizeof(*h)) {
		return refuse(f, ERR_FORMAT, 8, "the headers do not follow the fixed header");
	}
	if (h->file_bytes != bytes) {
		return refuse(f, ERR_FORMAT, 16, "the file is shorter or longer than it says");
	}
	if (!is_aligned(h->headers_bytes, 8) || h->headers_bytes > bytes - sizeof(*h)) {
		return refuse(f, ERR_FORMAT, 12, "the size of the headers is wrong");
	}
	return ERR_OK;
}

static enum err check_crc(struct igvm *f, const struct igvm_fixed_header *h)
{
	static const uint8_t zeros[sizeof(h->checksum)];
	uint32_t crc = igvm_crc32(0, f->file, CHECKSUM_START);

	crc = igvm_crc32(crc, zeros, sizeof(zeros));
	crc = igvm_crc32(crc, f->file + sizeof(*h), h->headers_bytes);
	if (crc != h->checksum) {
		return refuse(f, ERR_FORMAT, CHECKSUM_START,
			      "the checksum of the headers is wrong");
	}
	return ERR_OK;
}

static enum err walk(struct igvm *f)
{
	struct igvm_item item;
	enum err err;

	do {
		err = igvm_next(f, &item);
	} while (err == ERR_OK && item.type != IGVM_END);
	return err;
}

enum err igvm_open(struct igvm *f, const void *file, size_t bytes)
{
	struct igvm_fixed_header h;
	struct igvm start;
	enum err err;

	memset(f, 0, sizeof(*f));
	if (bytes < sizeof(h)) {
		return refuse(f, ERR_FORMAT, 0, "the file is too short for an IGVM header");
	}
	if (bytes > IGVM_FILE_MAX) {
		return refuse(f, ERR_UNSUPPORTED, 0, "the file is larger than 1 GiB");
	}
	memcpy(&h, file, sizeof(h));
	err = check_fixed(f, &h, bytes);
	if (err != ERR_OK) {
		return err;
	}
	f->file = file;
	f->file_bytes = h.file_bytes;
	f->data_offset = h.headers_offset + h.headers_bytes;
	f->headers = rdbuf_over(file, f->data_offset);
	f->headers.at = h.headers_offset;
	err = check_crc(f, &h);
	if (err != ERR_OK) {
		return err;
	}
	start = *f;
	err = walk(f);
	if (err == ERR_OK) {
		*f = start;
	}
	return err;
}
