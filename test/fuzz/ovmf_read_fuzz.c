/* The firmware's metadata: what is accepted is aligned, ascending, apart, and complete. */
#include "fuzz.h"
#include "ovmf_read.h"

#include <string.h>

#include "base/bits.h"
#include "snp/ovmf.h"

static void check_sections(const struct ovmf_image *image, size_t firmware_bytes)
{
	uint64_t end = 0;

	FUZZ_CHECK(image->section_count >= 3 && image->section_count <= IMAGE_SECTIONS);
	for (uint32_t i = 0; i < image->section_count; i++) {
		const struct image_section *s = &image->sections[i];

		FUZZ_CHECK(s->base >= end && s->bytes != 0);
		FUZZ_CHECK(is_aligned(s->base | s->bytes, PAGE_SIZE));
		end = (uint64_t)s->base + s->bytes;
	}
	FUZZ_CHECK(end <= OVMF_TOP - firmware_bytes);
}

/* Inputs are the end of a firmware image; zeros fill it up to whole pages. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	size_t whole = align_up(bytes + 1, PAGE_SIZE);
	uint8_t *file = calloc(1, whole);
	struct ovmf_image image;

	if (file == NULL) {
		return 0;
	}
	memcpy(file + whole - bytes, data, bytes);
	if (ovmf_read(&image, file, whole) == ERR_OK) {
		check_sections(&image, whole);
	} else {
		FUZZ_CHECK(image.defect != NULL);
	}
	free(file);
	return 0;
}
