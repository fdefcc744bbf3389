/*
 * Lays an image out as include/msg/image.h describes: the region (map, kernel, special pages,
 * services), low memory (stub, its parameters, CPUID page, boot tables), firmware, first VMSA.
 * Inputs are checked before they are placed; what does not suit is told in *problem.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "elf_read.h"
#include "msg/image.h"
#include "ovmf_read.h"
#include "pages.h"
#include "problem.h"
#include "snp/vmsa.h"

/* One input file: its name for messages, and its bytes. */
struct layout_file {
	const char *path;
	const uint8_t *data;
	size_t bytes;
};

struct layout_service {
	const char *name;
	struct layout_file file;
};

/* As the region's size: the builder chooses one by what is put in. */
#define LAYOUT_REGION_CHOOSE UINT64_MAX

struct layout_input {
	struct layout_file stub;
	struct layout_file kernel;
	struct layout_file firmware;
	struct layout_service services[IMAGE_SERVICES];
	uint32_t service_count;
	uint32_t guest_vmpl;
	bool wants_la57;
	uint64_t region_base;
	uint64_t region_bytes;
};

struct layout {
	struct image_map map;
	struct stub_params params;
	struct vmsa vmsa;
	struct pages pages; /* sorted, no two the same */
	uint8_t *access; /* per page of the region: how it is mapped at boot */
	struct elf_image stub;
	struct elf_image kernel;
	struct elf_image services[IMAGE_SERVICES];
	struct ovmf_image firmware;
};

/* *layout is to be freed in either case. */
enum err layout_make(struct layout *layout, const struct layout_input *input,
		     struct problem *problem);
void layout_free(struct layout *layout);

/* Bytes of the region that the kernel, the special pages and the services take. */
uint64_t layout_image_bytes(const struct layout *layout, const struct layout_input *input);

/* The three parts, each in a file of its own; used by layout_make() in this order. */
enum err layout_region(struct layout *layout, const struct layout_input *input,
		       struct problem *problem);
enum err layout_firmware(struct layout *layout, const struct layout_input *input,
			 struct problem *problem);
enum err layout_low(struct layout *layout, const struct layout_input *input,
		    struct problem *problem);
