/*
 * Reads what an OVMF-like firmware image says about itself: the GUIDed table at its end and the SEV
 * metadata it points to. The bytes are hostile until checked; nothing is allocated. An image that
 * reads is of whole pages and has sections that are page aligned, ascending, apart from one another
 * and from the image (which ends at 4 GiB), and one page each of secrets, CPUID and calling area.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "msg/image.h"

#define OVMF_TOP       UINT64_C(0x100000000) /* the image ends here */
#define OVMF_MAX_BYTES UINT64_C(0x1000000)

struct ovmf_image {
	uint32_t section_count;
	struct image_section sections[IMAGE_SECTIONS];
	const char *defect; /* what is wrong, static text, after a failure */
	uint64_t defect_at; /* and where in the file */
};

enum err ovmf_read(struct ovmf_image *image, const void *file, size_t bytes);
