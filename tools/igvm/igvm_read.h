/*
 * Reads IGVM files: one checking cursor for the builder's `show`, the simulator and the tests. Free
 * of libc, allocates nothing, writes nothing but its own state; builds bare and for the host.
 *
 * The bytes are hostile. igvm_open() walks the whole file, so a file that opens holds: one SNP
 * platform; only directives that upstream QEMU takes, each of the right size, in section order;
 * parameter inserts before page data (a loader that groups pages would otherwise measure them in
 * another order than the file's); page data of 4 KiB in strictly ascending gPA, apart from inserts;
 * one VMSA at most, after all pages; data that lies within the file. The bytes must not change
 * while the cursor is in use.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "snp/igvm.h"

#define IGVM_AREAS	    16
#define IGVM_FILE_MAX	    UINT64_C(0x40000000)
#define IGVM_GPA_BITS	    47 /* the lowest C-bit Keel knows: no loaded page lies above */
#define IGVM_ID_BLOCK_BYTES 696

/* What igvm_next() yields after the last header. */
#define IGVM_END 0

struct igvm_item {
	uint32_t type; /* IGVM_SUPPORTED_PLATFORM.., or IGVM_END */
	uint32_t at; /* where its header lies in the file */
	union {
		uint8_t raw[24];
		struct igvm_supported_platform platform;
		struct igvm_guest_policy policy;
		struct igvm_parameter_area area;
		struct igvm_page_data page;
		struct igvm_parameter_insert insert;
		struct igvm_vp_context vp;
		struct igvm_required_memory memory;
		struct igvm_parameter parameter; /* VP_COUNT, MEMORY_MAP, ENVIRONMENT_INFO */
	};
	/* Page data and VP context: the 4096 bytes, or NULL for zeros. ID block: its payload. */
	const uint8_t *data;
};

struct igvm_area {
	uint64_t bytes;
	uint64_t gpa; /* where it was inserted */
	bool is_declared;
	bool is_inserted;
};

struct igvm {
	const uint8_t *file;
	uint32_t file_bytes;
	uint32_t data_offset; /* the first byte behind the headers */
	struct rdbuf headers; /* the file up to there */
	const char *defect; /* what is wrong, static text, once something is */
	uint64_t defect_at; /* and where in the file */
	uint32_t mask; /* the platform's; 0 before its header */
	uint32_t last_type;
	bool has_policy;
	bool has_vmsa;
	bool has_secrets;
	bool has_cpuid;
	uint64_t next_gpa; /* page data below has been seen */
	struct igvm_area areas[IGVM_AREAS];
};

/* Checks the whole file. On failure igvm->defect and igvm->defect_at say what and where. */
enum err igvm_open(struct igvm *igvm, const void *file, size_t bytes);

/* The next header, checked; item->type is IGVM_END behind the last one. */
enum err igvm_next(struct igvm *igvm, struct igvm_item *item);

/* CRC-32 (IEEE 802.3) as the fixed header carries it; start with crc 0, continue with the
 * result. */
uint32_t igvm_crc32(uint32_t crc, const void *data, size_t bytes);
