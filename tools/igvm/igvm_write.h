/*
 * Writes an IGVM file for SEV-SNP into memory. The same input gives the same bytes. The order is
 * igvm_read.h's: parameters and their inserts, page data, required memory, the VMSA.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "pages.h"
#include "snp/vmsa.h"

struct igvm_contents {
	uint64_t policy;
	uint64_t memory_map_gpa; /* one page each, filled by the loader */
	uint64_t vp_count_gpa;
	uint64_t required_gpa; /* private memory besides the pages */
	uint32_t required_bytes;
	const struct pages *pages; /* sorted */
	const struct vmsa *vmsa;
};

/* *file is the caller's to free. Fails only for want of memory. */
enum err igvm_write(const struct igvm_contents *contents, uint8_t **file, size_t *bytes);
