/* keel-igvm show: what an image holds, for people or as JSON. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "input.h"
#include "snp/ovmf.h"
#include "summary.h"

static const char *section_name(uint32_t type)
{
	switch (type) {
	case OVMF_SECTION_MEMORY:
		return "memory";
	case OVMF_SECTION_SECRETS:
		return "secrets";
	case OVMF_SECTION_CPUID:
		return "cpuid";
	case OVMF_SECTION_CAA:
		return "calling area";
	case OVMF_SECTION_KERNEL_HASHES:
		return "kernel hashes";
	default:
		return "unknown";
	}
}

static void print_range(uint64_t gpa, uint64_t bytes, const char *access, const char *what,
			const char *more)
{
	if (bytes != 0) {
		printf("  %012" PRIx64 " %8" PRIu64 " KiB  %s  %s%s\n", gpa, bytes / 1024, access,
		       what, more);
	}
}

static const char *access_text(uint32_t flags)
{
	if ((flags & IMAGE_EXEC) != 0) {
		return "r-x";
	}
	return (flags & IMAGE_WRITE) != 0 ? "rw-" : "r--";
}

static void print_hash(const struct image_service *service)
{
	for (uint32_t i = 0; i < IMAGE_HASH_BYTES; i++) {
		printf("%02x", service->hash[i]);
	}
}

static void print_service(const struct summary *s, uint32_t index)
{
	const struct image_service *service = &s->map.services[index];

	for (uint32_t i = 0; i < service->segment_count; i++) {
		const struct image_segment *segment = &service->segments[i];
		char more[80];

		(void)snprintf(more, sizeof(more), " %s, at 0x%" PRIx64 " + %u zeroed pages",
			       s->names[index], segment->va, segment->zero_pages);
		print_range(s->map.region_base + segment->region_offset, segment->pages * PAGE_SIZE,
			    access_text(segment->flags), "service", more);
	}
	printf("  service %s sha384 ", s->names[index]);
	print_hash(service);
	printf("\n");
}

static void print_low(const struct summary *s)
{
	const struct image_map *m = &s->map;
	uint64_t page = PAGE_SIZE;

	print_range(m->low_base, s->stub_params_gpa - m->low_base, "r-x", "entry stub", "");
	print_range(s->stub_params_gpa, page, "rw-", "its parameters", "");
	print_range(m->cpuid_gpa, page, "rw-", "CPUID page", "");
	print_range(s->params.tables_gpa, s->params.tables_pages * page, "rw-", "boot page tables",
		    "");
}

static void print_region(const struct summary *s)
{
	const struct image_map *m = &s->map;
	uint64_t image_bytes = m->image_pages * PAGE_SIZE;

	print_range(m->region_base, PAGE_SIZE, "r--", "image map", "");
	for (uint32_t i = 0; i < m->kernel_segment_count; i++) {
		print_range(m->region_base + m->kernel_segments[i].region_offset,
			    m->kernel_segments[i].pages * PAGE_SIZE,
			    access_text(m->kernel_segments[i].flags), "kernel", "");
	}
	print_range(m->region_base + m->secrets_offset, PAGE_SIZE, "rw-", "secrets page", "");
	print_range(m->region_base + m->memory_map_offset, PAGE_SIZE, "rw-", "memory map",
		    " (the loader's)");
	print_range(m->region_base + m->vp_count_offset, PAGE_SIZE, "rw-", "CPU count",
		    " (the loader's)");
	for (uint32_t i = 0; i < m->service_count; i++) {
		print_service(s, i);
	}
	print_range(m->region_base + image_bytes, m->region_bytes - image_bytes, "rw-", "pool",
		    " (not measured)");
}

static void print_text(const struct summary *s, const char *path)
{
	const struct image_map *m = &s->map;

	printf("%s: IGVM for SEV-SNP, %" PRIu64 " bytes, policy 0x%" PRIx64 "\n", path,
	       s->file_bytes, s->policy);
	printf("measured: %" PRIu64 " pages of data (%" PRIu64 " of zeros), %" PRIu64
	       " secrets, %" PRIu64 " CPUID, %" PRIu64 " parameter pages, 1 VMSA\n",
	       s->normal_pages, s->zero_pages, s->secrets_pages, s->cpuid_pages, s->insert_pages);
	printf("starts: RIP 0x%" PRIx64 ", RBX 0x%" PRIx64 ", CR0 0x%" PRIx64 "; then 0x%" PRIx64
	       " with stack 0x%" PRIx64 "\n",
	       s->vmsa.rip, s->vmsa.rbx, s->vmsa.cr0, s->params.entry, s->params.stack);
	printf("guest: VMPL %u, paging of the SVSM: %s\n", m->guest_vmpl,
	       (m->flags & IMAGE_WANT_LA57) != 0 ? "5 levels where offered" : "4 levels");
	printf("low memory, handed back to the guest after the start:\n");
	print_low(s);
	printf("firmware:\n");
	print_range(m->firmware_gpa, m->firmware_bytes, "rwx", "firmware image", "");
	printf("firmware's sections, prepared before it starts:\n");
	for (uint32_t i = 0; i < m->section_count; i++) {
		print_range(m->sections[i].base, m->sections[i].bytes, "rwx",
			    section_name(m->sections[i].type), "");
	}
	printf("region, at 0x%" PRIx64 " for the kernel:\n", KERNEL_VA);
	print_region(s);
}

static void print_json(const struct summary *s)
{
	const struct image_map *m = &s->map;

	printf("{\"file_bytes\": %" PRIu64 ", \"policy\": %" PRIu64 ", \"platform\": \"snp\", ",
	       s->file_bytes, s->policy);
	printf("\"pages\": {\"normal\": %" PRIu64 ", \"secrets\": %" PRIu64 ", \"cpuid\": %" PRIu64
	       ", \"zero\": %" PRIu64 ", \"parameters\": %" PRIu64 "}, ",
	       s->normal_pages, s->secrets_pages, s->cpuid_pages, s->zero_pages, s->insert_pages);
	printf("\"region_base\": %" PRIu64 ", \"region_bytes\": %" PRIu64 ", ", m->region_base,
	       m->region_bytes);
	printf("\"image_bytes\": %" PRIu64 ", \"required_bytes\": %" PRIu64 ", ",
	       m->image_pages * PAGE_SIZE, s->required_bytes);
	printf("\"low_base\": %u, \"low_bytes\": %" PRIu64 ", ", m->low_base,
	       m->low_pages * PAGE_SIZE);
	printf("\"guest_vmpl\": %u, \"la57\": %s, \"services\": [", m->guest_vmpl,
	       (m->flags & IMAGE_WANT_LA57) != 0 ? "true" : "false");
	for (uint32_t i = 0; i < m->service_count; i++) {
		printf("%s\"%s\"", i == 0 ? "" : ", ", s->names[i]);
	}
	printf("], \"service_hashes\": {");
	for (uint32_t i = 0; i < m->service_count; i++) {
		printf("%s\"%s\": \"", i == 0 ? "" : ", ", s->names[i]);
		print_hash(&m->services[i]);
		printf("\"");
	}
	printf("}, \"firmware_gpa\": %" PRIu64 ", \"firmware_bytes\": %" PRIu64 ", \"sections\": [",
	       m->firmware_gpa, m->firmware_bytes);
	for (uint32_t i = 0; i < m->section_count; i++) {
		printf("%s{\"base\": %u, \"bytes\": %u, \"type\": %u}", i == 0 ? "" : ", ",
		       m->sections[i].base, m->sections[i].bytes, m->sections[i].type);
	}
	printf("], \"stub_entry\": %" PRIu64 ", \"kernel_entry\": %" PRIu64
	       ", \"kernel_stack\": %" PRIu64 "}\n",
	       s->vmsa.rip, s->params.entry, s->params.stack);
}

static int usage(const char *what, const char *why)
{
	fprintf(stderr, "keel-igvm: %s: %s; try keel-igvm --help\n", what, why);
	return EXIT_USAGE;
}

static int show(const char *path, bool is_json)
{
	struct problem problem = {.text = ""};
	struct summary summary;
	struct input input;
	enum err err = input_read(&input, path, &problem);

	if (err == ERR_OK) {
		err = summary_read(&summary, path, input.data, input.bytes, &problem);
		input_free(&input);
	}
	if (err != ERR_OK) {
		fprintf(stderr, "keel-igvm: %s\n", problem.text);
		return EXIT_UNSUITED;
	}
	if (is_json) {
		print_json(&summary);
	} else {
		print_text(&summary, path);
	}
	return EXIT_GOOD;
}

int cmd_show(int argc, char **argv)
{
	const char *path = NULL;
	bool is_json = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			is_json = true;
		} else if (argv[i][0] == '-' || path != NULL) {
			return usage(argv[i], "is one argument too many");
		} else {
			path = argv[i];
		}
	}
	if (path == NULL) {
		return usage("show", "names no file");
	}
	return show(path, is_json);
}
