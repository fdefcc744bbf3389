/* Two passes: sizes and shared data offsets first, then headers and data. */
#include "igvm_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/buf.h"
#include "igvm_read.h"
#include "snp/igvm.h"
#include "snp/launch.h"

#define MASK_SNP	UINT32_C(1)
#define AREA_MEMORY_MAP 0
#define AREA_VP_COUNT	1

/* Each page's data and where it goes; pages with the same contents share it. */
struct data_plan {
	uint64_t *hashes;
	uint32_t *offsets; /* 0: zeros */
	size_t unique; /* pages of data, without the VMSA */
	uint32_t start; /* of the data in the file */
};

static uint64_t hash_page(const uint8_t *data)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < PAGE_SIZE; i++) {
		hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

static uint32_t find_same(const struct data_plan *plan, const struct pages *pages, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (plan->offsets[i] != 0 && plan->hashes[i] == plan->hashes[index] &&
		    memcmp(pages->list[i].data, pages->list[index].data, PAGE_SIZE) == 0) {
			return plan->offsets[i];
		}
	}
	return 0;
}

static void plan_data(struct data_plan *plan, const struct pages *pages)
{
	for (size_t i = 0; i < pages->count; i++) {
		if (pages->list[i].data == NULL) {
			continue;
		}
		plan->hashes[i] = hash_page(pages->list[i].data);
		plan->offsets[i] = find_same(plan, pages, i);
		if (plan->offsets[i] == 0) {
			plan->offsets[i] = plan->start + (uint32_t)(plan->unique * PAGE_SIZE);
			plan->unique++;
		}
	}
}

static void put(struct wrbuf *b, uint32_t type, const void *payload, uint32_t bytes)
{
	static const uint8_t padding[8];
	struct igvm_header header = {.type = type, .bytes = bytes};

	(void)wrbuf_put(b, &header, sizeof(header));
	(void)wrbuf_put(b, payload, bytes);
	(void)wrbuf_put(b, padding, align_up(bytes, 8) - bytes);
}

static void put_start(struct wrbuf *b, uint64_t policy)
{
	struct igvm_supported_platform platform = {
		.compatibility_mask = MASK_SNP,
		.platform_type = IGVM_PLATFORM_SNP,
		.platform_version = 1,
	};
	struct igvm_guest_policy guest_policy = {.policy = policy, .compatibility_mask = MASK_SNP};

	put(b, IGVM_SUPPORTED_PLATFORM, &platform, sizeof(platform));
	put(b, IGVM_GUEST_POLICY, &guest_policy, sizeof(guest_policy));
}

/* One page that the loader fills: area, what fills it, where it goes. */
static void put_parameter(struct wrbuf *b, uint32_t index, uint32_t type, uint64_t gpa)
{
	struct igvm_parameter_area area = {.bytes = PAGE_SIZE, .index = index};
	struct igvm_parameter parameter = {.area_index = index};
	struct igvm_parameter_insert insert = {
		.gpa = gpa, .compatibility_mask = MASK_SNP, .area_index = index};

	put(b, IGVM_PARAMETER_AREA, &area, sizeof(area));
	put(b, type, &parameter, sizeof(parameter));
	put(b, IGVM_PARAMETER_INSERT, &insert, sizeof(insert));
}

static void put_pages(struct wrbuf *b, const struct pages *pages, const struct data_plan *plan)
{
	for (size_t i = 0; i < pages->count; i++) {
		struct igvm_page_data page = {
			.gpa = pages->list[i].gpa,
			.compatibility_mask = MASK_SNP,
			.file_offset = plan->offsets[i],
			.data_type = pages->list[i].type,
		};

		put(b, IGVM_PAGE_DATA, &page, sizeof(page));
	}
}

static void put_headers(struct wrbuf *b, const struct igvm_contents *c,
			const struct data_plan *plan)
{
	struct igvm_required_memory memory = {
		.gpa = c->required_gpa, .compatibility_mask = MASK_SNP, .bytes = c->required_bytes};
	struct igvm_vp_context vp = {
		.gpa = LAUNCH_VMSA_GPA,
		.compatibility_mask = MASK_SNP,
		.file_offset = plan->start + (uint32_t)(plan->unique * PAGE_SIZE),
	};

	put_start(b, c->policy);
	put_parameter(b, AREA_MEMORY_MAP, IGVM_MEMORY_MAP, c->memory_map_gpa);
	put_parameter(b, AREA_VP_COUNT, IGVM_VP_COUNT, c->vp_count_gpa);
	put_pages(b, c->pages, plan);
	put(b, IGVM_REQUIRED_MEMORY, &memory, sizeof(memory));
	put(b, IGVM_VP_CONTEXT, &vp, sizeof(vp));
}

static size_t header_bytes(const struct igvm_contents *c)
{
	const size_t one = sizeof(struct igvm_header);

	return one + sizeof(struct igvm_supported_platform) + one +
	       sizeof(struct igvm_guest_policy) +
	       2 * (3 * one + sizeof(struct igvm_parameter_area) + sizeof(struct igvm_parameter) +
		    sizeof(struct igvm_parameter_insert)) +
	       c->pages->count * (one + sizeof(struct igvm_page_data)) + one +
	       sizeof(struct igvm_required_memory) + one +
	       align_up(sizeof(struct igvm_vp_context), 8);
}

static void copy_data(uint8_t *file, const struct igvm_contents *c, const struct data_plan *plan)
{
	for (size_t i = 0; i < c->pages->count; i++) {
		if (plan->offsets[i] != 0) {
			memcpy(file + plan->offsets[i], c->pages->list[i].data, PAGE_SIZE);
		}
	}
	memcpy(file + plan->start + plan->unique * PAGE_SIZE, c->vmsa, sizeof(*c->vmsa));
}

/* Headers and data into `bytes` zeroed bytes. */
static void fill(uint8_t *file, size_t bytes, const struct igvm_contents *c,
		 const struct data_plan *plan)
{
	struct igvm_fixed_header fixed = {
		.magic = IGVM_MAGIC,
		.version = IGVM_VERSION,
		.headers_offset = sizeof(fixed),
		.headers_bytes = (uint32_t)header_bytes(c),
		.file_bytes = (uint32_t)bytes,
	};
	struct wrbuf b = wrbuf_over(file, plan->start);

	(void)wrbuf_put(&b, &fixed, sizeof(fixed));
	put_headers(&b, c, plan);
	fixed.checksum = igvm_crc32(0, file, sizeof(fixed) + fixed.headers_bytes);
	memcpy(file, &fixed, sizeof(fixed));
	copy_data(file, c, plan);
}

enum err igvm_write(const struct igvm_contents *contents, uint8_t **file, size_t *bytes)
{
	size_t count = contents->pages->count;
	struct data_plan plan = {
		.hashes = calloc(count + 1, sizeof(*plan.hashes)),
		.offsets = calloc(count + 1, sizeof(*plan.offsets)),
		.start = (uint32_t)align_up(
			sizeof(struct igvm_fixed_header) + header_bytes(contents), PAGE_SIZE),
	};
	enum err err = ERR_NOMEM;
	uint8_t *out = NULL;
	size_t total;

	if (plan.hashes != NULL && plan.offsets != NULL) {
		plan_data(&plan, contents->pages);
		total = plan.start + (plan.unique + 1) * PAGE_SIZE;
		out = calloc(1, total);
	}
	if (out != NULL) {
		fill(out, total, contents, &plan);
		*file = out;
		*bytes = total;
		err = ERR_OK;
	}
	free(plan.hashes);
	free(plan.offsets);
	return err;
}
