/* The ELF reader: what it accepts lies within the file, is W^X, ascending, and has its entry. */
#include "base/bits.h"
#include "elf_read.h"
#include "fuzz.h"
#include "msg/image.h"

static void check_segment(const struct elf_segment *s, const uint8_t *data, size_t bytes)
{
	FUZZ_CHECK(s->memory_bytes != 0 && s->file_bytes <= s->memory_bytes);
	FUZZ_CHECK(is_aligned(s->va, PAGE_SIZE));
	FUZZ_CHECK(s->va + elf_segment_pages(s) * PAGE_SIZE > s->va);
	FUZZ_CHECK((s->flags & (IMAGE_WRITE | IMAGE_EXEC)) != (IMAGE_WRITE | IMAGE_EXEC));
	if (s->file_bytes != 0) {
		FUZZ_CHECK(s->data >= data && s->data < data + bytes);
		FUZZ_CHECK(s->file_bytes <= (size_t)(data + bytes - s->data));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct elf_image image;
	uint64_t end = 0;

	if (elf_read(&image, data, bytes) != ERR_OK) {
		FUZZ_CHECK(image.defect != NULL);
		return 0;
	}
	FUZZ_CHECK(image.segment_count > 0 && image.segment_count <= ELF_SEGMENTS);
	for (uint32_t i = 0; i < image.segment_count; i++) {
		check_segment(&image.segments[i], data, bytes);
		FUZZ_CHECK(image.segments[i].va >= end);
		end = image.segments[i].va + elf_segment_pages(&image.segments[i]) * PAGE_SIZE;
	}
	return 0;
}
