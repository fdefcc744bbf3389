/* Walks the headers once; the image map and the stub's parameters are pages found by address. */
#include "summary.h"

#include <string.h>

#include "igvm_read.h"

static enum err damaged(struct problem *problem, const char *path, const struct igvm *igvm)
{
	return problem_set(problem, ERR_FORMAT, path, "%s (offset 0x%llx); build the image again",
			   igvm->defect, (unsigned long long)igvm->defect_at);
}

static void count_page(struct summary *s, const struct igvm_item *item)
{
	if (item->page.data_type == IGVM_PAGE_SECRETS) {
		s->secrets_pages++;
	} else if (item->page.data_type == IGVM_PAGE_CPUID) {
		s->cpuid_pages++;
	} else {
		s->normal_pages++;
		s->zero_pages += item->data == NULL;
	}
}

/* The image map says itself where it lies. */
static void look_for_map(struct summary *s, const struct igvm_item *item)
{
	struct image_map map;

	if (item->data == NULL) {
		return;
	}
	memcpy(&map, item->data, sizeof(map));
	if (map.magic == IMAGE_MAP_MAGIC && map.region_base == item->page.gpa) {
		s->map = map;
	}
}

static void take_item(struct summary *s, const struct igvm_item *item, const struct igvm *igvm)
{
	switch (item->type) {
	case IGVM_GUEST_POLICY:
		s->policy = item->policy.policy;
		break;
	case IGVM_PAGE_DATA:
		count_page(s, item);
		look_for_map(s, item);
		break;
	case IGVM_PARAMETER_INSERT:
		s->insert_pages += igvm->areas[item->insert.area_index].bytes / PAGE_SIZE;
		break;
	case IGVM_REQUIRED_MEMORY:
		s->required_bytes += item->memory.bytes;
		break;
	case IGVM_VP_CONTEXT:
		memcpy(&s->vmsa, item->data, sizeof(s->vmsa));
		break;
	default:
		break;
	}
}

static enum err check_map(struct summary *s, const char *path, struct problem *problem)
{
	const struct image_map *m = &s->map;

	if (m->magic != IMAGE_MAP_MAGIC) {
		return problem_set(problem, ERR_FORMAT, path,
				   "holds no Keel image map; was it built by keel-igvm?");
	}
	if (m->version != IMAGE_MAP_VERSION || m->bytes != sizeof(*m)) {
		return problem_set(
			problem, ERR_UNSUPPORTED, path,
			"has image map version %u, this is for %u; use its own keel-igvm",
			m->version, IMAGE_MAP_VERSION);
	}
	if (m->kernel_segment_count > IMAGE_KERNEL_SEGMENTS || m->service_count > IMAGE_SERVICES ||
	    m->section_count > IMAGE_SECTIONS) {
		return problem_set(
			problem, ERR_FORMAT, path,
			"has an image map with impossible counts; build the image again");
	}
	for (uint32_t i = 0; i < m->service_count; i++) {
		if (m->services[i].segment_count > IMAGE_SERVICE_SEGMENTS) {
			return problem_set(
				problem, ERR_FORMAT, path,
				"has a service with impossible segments; build the image "
				"again");
		}
	}
	return ERR_OK;
}

static void copy_names(struct summary *s)
{
	for (uint32_t i = 0; i < s->map.service_count; i++) {
		memcpy(s->names[i], s->map.services[i].name, IMAGE_NAME_BYTES);
		for (char *c = s->names[i]; *c != '\0'; c++) {
			if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\') {
				*c = '?';
			}
		}
	}
}

/* The VMSA says where: in RBX. */
static void find_params(struct summary *s, struct igvm *igvm)
{
	struct igvm_item item;

	s->stub_params_gpa = s->vmsa.rbx;
	while (igvm_next(igvm, &item) == ERR_OK && item.type != IGVM_END) {
		if (item.type == IGVM_PAGE_DATA && item.data != NULL &&
		    item.page.gpa == s->stub_params_gpa) {
			memcpy(&s->params, item.data, sizeof(s->params));
		}
	}
}

enum err summary_read(struct summary *s, const char *path, const void *file, size_t bytes,
		      struct problem *problem)
{
	struct igvm igvm;
	struct igvm_item item;
	enum err err = igvm_open(&igvm, file, bytes);

	memset(s, 0, sizeof(*s));
	s->file_bytes = bytes;
	if (err != ERR_OK) {
		return damaged(problem, path, &igvm);
	}
	do {
		err = igvm_next(&igvm, &item);
		if (err != ERR_OK) {
			return damaged(problem, path, &igvm);
		}
		take_item(s, &item, &igvm);
	} while (item.type != IGVM_END);
	err = check_map(s, path, problem);
	if (err == ERR_OK) {
		copy_names(s);
		err = igvm_open(&igvm, file, bytes);
		find_params(s, &igvm);
	}
	return err;
}
