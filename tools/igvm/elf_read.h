/*
 * Reads static x86-64 ELF programs: kernel, stub, services. The bytes are hostile until checked;
 * nothing is allocated. A program that reads has: page-aligned load segments in ascending order
 * that share no page, none both writable and executable, and its entry point in an executable one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ELF_SEGMENTS 8

struct elf_segment {
	uint64_t va;
	const uint8_t *data; /* file_bytes of it; zeros follow up to memory_bytes */
	uint64_t file_bytes;
	uint64_t memory_bytes; /* never 0 */
	uint32_t flags; /* IMAGE_READ, IMAGE_WRITE, IMAGE_EXEC */
};

struct elf_image {
	uint64_t entry;
	uint32_t segment_count;
	struct elf_segment segments[ELF_SEGMENTS];
	const char *defect; /* what is wrong, static text, after a failure */
	uint64_t defect_at; /* and where in the file */
};

enum err elf_read(struct elf_image *image, const void *file, size_t bytes);

/* Whole pages a segment covers in memory, and in the file. */
uint64_t elf_segment_pages(const struct elf_segment *segment);
uint64_t elf_segment_file_pages(const struct elf_segment *segment);
