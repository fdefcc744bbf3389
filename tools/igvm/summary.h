/*
 * What an image holds, collected from its headers and its image map for `show`. The map is checked
 * as far as it is used: counts are within their arrays, names are printable and ended.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "msg/image.h"
#include "problem.h"
#include "snp/vmsa.h"

struct summary {
	uint64_t file_bytes;
	uint64_t policy;
	uint64_t normal_pages;
	uint64_t zero_pages; /* of the normal ones */
	uint64_t secrets_pages;
	uint64_t cpuid_pages;
	uint64_t insert_pages;
	uint64_t required_bytes;
	uint64_t stub_params_gpa;
	struct image_map map;
	struct stub_params params;
	char names[IMAGE_SERVICES][IMAGE_NAME_BYTES + 1];
	struct vmsa vmsa;
};

enum err summary_read(struct summary *summary, const char *path, const void *file, size_t bytes,
		      struct problem *problem);
