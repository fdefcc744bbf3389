/* The region: image map, kernel segments at their own offsets, special pages, services. */
#include <stdlib.h>
#include <string.h>

#include "base/overflow.h"
#include "hash.h"
#include "layout.h"
#include "msg/sys.h"
#include "snp/igvm.h"

#define READ_WRITE    (IMAGE_READ | IMAGE_WRITE)
#define SPECIAL_PAGES 3 /* secrets, memory map, CPU count */

static enum err check_kernel(const struct layout *l, const struct layout_input *in,
			     struct problem *problem)
{
	const struct elf_image *k = &l->kernel;
	const char *path = in->kernel.path;
	bool has_data = false;

	if (k->segment_count > IMAGE_KERNEL_SEGMENTS) {
		return problem_set(
			problem, ERR_FORMAT, path,
			"has %u load segments, %u are possible; change its linker script",
			k->segment_count, IMAGE_KERNEL_SEGMENTS);
	}
	for (uint32_t i = 0; i < k->segment_count; i++) {
		const struct elf_segment *s = &k->segments[i];

		if (!range_within(s->va, s->memory_bytes, KERNEL_LINK_VA,
				  in->region_bytes - PAGE_SIZE)) {
			return problem_set(
				problem, ERR_FORMAT, path,
				"has a segment outside the region (address 0x%llx); link it "
				"at 0x%llx or choose a larger --region-size",
				(unsigned long long)s->va, (unsigned long long)KERNEL_LINK_VA);
		}
		has_data = has_data || (s->flags & IMAGE_WRITE) != 0;
	}
	if (!has_data) {
		return problem_set(
			problem, ERR_FORMAT, path,
			"has no writable segment for its stack; change its linker script");
	}
	return ERR_OK;
}

static void set_access(struct layout *l, uint64_t first, uint64_t count, uint32_t access)
{
	memset(l->access + first, (int)access, count);
}

/* Pages between segments are measured zeros and not mapped. */
static enum err place_kernel(struct layout *l, const struct layout_input *in, uint64_t *next)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < l->kernel.segment_count && err == ERR_OK; i++) {
		const struct elf_segment *s = &l->kernel.segments[i];
		uint64_t first = (s->va - KERNEL_VA) / PAGE_SIZE;
		uint64_t count = elf_segment_pages(s);

		l->map.kernel_segments[i] = (struct image_segment){
			.region_offset = (uint32_t)(first * PAGE_SIZE),
			.pages = (uint32_t)count,
			.flags = s->flags,
			.va = s->va,
		};
		set_access(l, *next, first - *next, 0);
		set_access(l, first, count, s->flags);
		err = pages_add_range(&l->pages, in->region_base + *next * PAGE_SIZE, first - *next,
				      NULL, 0);
		if (err == ERR_OK) {
			err = pages_add_range(&l->pages, in->region_base + first * PAGE_SIZE, count,
					      s->data, s->file_bytes);
		}
		if ((s->flags & IMAGE_WRITE) != 0) {
			l->params.stack = s->va + count * PAGE_SIZE;
		}
		*next = first + count;
	}
	l->map.kernel_segment_count = l->kernel.segment_count;
	l->params.entry = l->kernel.entry;
	return err;
}

/* The parameter pages are no page data: the loader inserts them. */
static enum err place_specials(struct layout *l, const struct layout_input *in, uint64_t *next)
{
	uint64_t secrets = in->region_base + *next * PAGE_SIZE;

	l->map.secrets_offset = (uint32_t)(*next * PAGE_SIZE);
	l->map.memory_map_offset = l->map.secrets_offset + (uint32_t)PAGE_SIZE;
	l->map.vp_count_offset = l->map.memory_map_offset + (uint32_t)PAGE_SIZE;
	*next += SPECIAL_PAGES;
	return pages_add(&l->pages, secrets, IGVM_PAGE_SECRETS, NULL, 0);
}

static bool is_name_good(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= IMAGE_NAME_BYTES &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == length;
}

static enum err check_service(const struct layout *l, const struct layout_input *in, uint32_t index,
			      struct problem *problem)
{
	const struct layout_service *service = &in->services[index];
	const struct elf_image *elf = &l->services[index];

	if (!is_name_good(service->name)) {
		return problem_set(problem, ERR_INVALID, service->file.path,
				   "has the service name '%s'; use 1 to %u of a-z 0-9 - _",
				   service->name, IMAGE_NAME_BYTES);
	}
	for (uint32_t i = 0; i < index; i++) {
		if (strcmp(in->services[i].name, service->name) == 0) {
			return problem_set(problem, ERR_INVALID, service->file.path,
					   "is a second service '%s'; give each its own name",
					   service->name);
		}
	}
	if (elf->segment_count > IMAGE_SERVICE_SEGMENTS) {
		return problem_set(
			problem, ERR_FORMAT, service->file.path,
			"has %u load segments, %u are possible; link it with service.lds",
			elf->segment_count, IMAGE_SERVICE_SEGMENTS);
	}
	for (uint32_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];

		if (!range_within(s->va, elf_segment_pages(s) * PAGE_SIZE, SERVICE_IMAGE_VA,
				  SERVICE_IMAGE_MAX)) {
			return problem_set(
				problem, ERR_FORMAT, service->file.path,
				"has a segment at 0x%llx, outside a service's image; link it "
				"with service.lds",
				(unsigned long long)s->va);
		}
	}
	return ERR_OK;
}

/* Only data has pages that are not stored: the kernel copies data, and clears what follows. */
static uint64_t stored_pages(const struct elf_segment *s)
{
	return (s->flags & IMAGE_WRITE) != 0 ? elf_segment_file_pages(s) : elf_segment_pages(s);
}

static uint64_t service_pages(const struct elf_image *elf)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < elf->segment_count; i++) {
		count += stored_pages(&elf->segments[i]);
	}
	return count;
}

uint64_t layout_image_bytes(const struct layout *l, const struct layout_input *in)
{
	const struct elf_image *k = &l->kernel;
	uint64_t pages = SPECIAL_PAGES;

	if (k->segment_count > 0) {
		const struct elf_segment *last = &k->segments[k->segment_count - 1];

		pages += (last->va - KERNEL_VA) / PAGE_SIZE + elf_segment_pages(last);
	}
	for (uint32_t i = 0; i < in->service_count; i++) {
		pages += service_pages(&l->services[i]);
	}
	return pages * PAGE_SIZE;
}

static enum err place_service(struct layout *l, const struct layout_input *in, uint32_t index,
			      uint64_t *next)
{
	struct image_service *out = &l->map.services[index];
	const struct elf_image *elf = &l->services[index];
	enum err err = ERR_OK;

	memcpy(out->name, in->services[index].name, strlen(in->services[index].name));
	out->entry = elf->entry;
	out->segment_count = elf->segment_count;
	for (uint32_t i = 0; i < elf->segment_count && err == ERR_OK; i++) {
		const struct elf_segment *s = &elf->segments[i];
		uint64_t stored = stored_pages(s);

		out->segments[i] = (struct image_segment){
			.region_offset = (uint32_t)(*next * PAGE_SIZE),
			.pages = (uint32_t)stored,
			.zero_pages = (uint32_t)(elf_segment_pages(s) - stored),
			.flags = s->flags,
			.va = s->va,
		};
		set_access(l, *next, stored, IMAGE_READ);
		err = pages_add_range(&l->pages, in->region_base + *next * PAGE_SIZE, stored,
				      s->data, s->file_bytes);
		*next += stored;
	}
	hash_service(out, elf);
	return err;
}

static enum err place_services(struct layout *l, const struct layout_input *in, uint64_t *next,
			       struct problem *problem)
{
	uint64_t region_pages = in->region_bytes / PAGE_SIZE;
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < in->service_count && err == ERR_OK; i++) {
		err = check_service(l, in, i, problem);
		if (err != ERR_OK) {
			return err;
		}
		/* Some pages have to remain for the kernel's pool; it says itself how many it
		 * needs. */
		if (service_pages(&l->services[i]) >= region_pages - *next) {
			return problem_set(
				problem, ERR_NOSPC, in->services[i].file.path,
				"does not fit the region of 0x%llx bytes; choose a larger "
				"--region-size",
				(unsigned long long)in->region_bytes);
		}
		err = place_service(l, in, i, next);
	}
	l->map.service_count = in->service_count;
	return err;
}

enum err layout_region(struct layout *l, const struct layout_input *in, struct problem *problem)
{
	uint64_t region_pages = in->region_bytes / PAGE_SIZE;
	uint64_t next = 1;
	enum err err = check_kernel(l, in, problem);

	if (err != ERR_OK) {
		return err;
	}
	l->access = calloc(1, region_pages);
	if (l->access == NULL) {
		return ERR_NOMEM;
	}
	set_access(l, 0, region_pages, READ_WRITE);
	set_access(l, 0, 1, IMAGE_READ);
	err = place_kernel(l, in, &next);
	if (err == ERR_OK && region_pages - next <= SPECIAL_PAGES) {
		err = problem_set(problem, ERR_NOSPC, in->kernel.path,
				  "fills the region of 0x%llx bytes; choose a larger --region-size",
				  (unsigned long long)in->region_bytes);
	}
	if (err == ERR_OK) {
		err = place_specials(l, in, &next);
	}
	if (err == ERR_OK) {
		err = place_services(l, in, &next, problem);
	}
	l->map.image_pages = (uint32_t)next;
	return err;
}
