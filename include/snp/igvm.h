/*
 * The IGVM file format, version 1 (microsoft/igvm, igvm_defs): what Keel writes and the simulator
 * reads. Only the directives that upstream QEMU 10.1 and later take.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define IGVM_MAGIC   UINT32_C(0x4D564749) /* "IGVM" */
#define IGVM_VERSION 1

struct igvm_fixed_header {
	uint32_t magic;
	uint32_t version;
	uint32_t headers_offset;
	uint32_t headers_bytes;
	uint32_t file_bytes;
	uint32_t checksum; /* CRC-32 of fixed and variable headers, this field as zero */
};
ABI_SIZE(struct igvm_fixed_header, 24);

/* Precedes each variable header, which is padded to eight bytes. */
struct igvm_header {
	uint32_t type;
	uint32_t bytes; /* of the payload, without padding */
};
ABI_SIZE(struct igvm_header, 8);

#define IGVM_SUPPORTED_PLATFORM UINT32_C(0x001)
#define IGVM_GUEST_POLICY	UINT32_C(0x101)
#define IGVM_PARAMETER_AREA	UINT32_C(0x301)
#define IGVM_PAGE_DATA		UINT32_C(0x302)
#define IGVM_PARAMETER_INSERT	UINT32_C(0x303)
#define IGVM_VP_CONTEXT		UINT32_C(0x304)
#define IGVM_REQUIRED_MEMORY	UINT32_C(0x305)
#define IGVM_VP_COUNT		UINT32_C(0x307)
#define IGVM_SNP_ID_BLOCK	UINT32_C(0x30B)
#define IGVM_MEMORY_MAP		UINT32_C(0x30C)
#define IGVM_ENVIRONMENT_INFO	UINT32_C(0x313)

#define IGVM_PLATFORM_SNP 2

struct igvm_supported_platform {
	uint32_t compatibility_mask;
	uint8_t highest_vtl;
	uint8_t platform_type;
	uint16_t platform_version;
	uint64_t shared_gpa_boundary;
};
ABI_SIZE(struct igvm_supported_platform, 16);

struct igvm_guest_policy {
	uint64_t policy;
	uint32_t compatibility_mask;
	uint32_t reserved;
};
ABI_SIZE(struct igvm_guest_policy, 16);

struct igvm_parameter_area {
	uint64_t bytes;
	uint32_t index;
	uint32_t file_offset;
};
ABI_SIZE(struct igvm_parameter_area, 16);

#define IGVM_PAGE_FLAG_2M	  BIT32(0)
#define IGVM_PAGE_FLAG_UNMEASURED BIT32(1)
#define IGVM_PAGE_FLAG_SHARED	  BIT32(2)

#define IGVM_PAGE_NORMAL   0
#define IGVM_PAGE_SECRETS  1
#define IGVM_PAGE_CPUID	   2
#define IGVM_PAGE_CPUID_XF 3

struct igvm_page_data {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t file_offset; /* 0: a page of zeros */
	uint32_t flags;
	uint16_t data_type;
	uint16_t reserved;
};
ABI_SIZE(struct igvm_page_data, 24);

struct igvm_parameter_insert {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t area_index;
};
ABI_SIZE(struct igvm_parameter_insert, 16);

/* The only payload that is no multiple of eight bytes: igvm_defs gives its gPA alignment one. */
struct igvm_vp_context {
	uint64_t gpa; /* LAUNCH_VMSA_GPA */
	uint32_t compatibility_mask;
	uint32_t file_offset;
	uint16_t vp_index;
	uint16_t reserved;
} PACKED;
ABI_SIZE(struct igvm_vp_context, 20);

struct igvm_required_memory {
	uint64_t gpa;
	uint32_t compatibility_mask;
	uint32_t bytes;
	uint32_t flags;
	uint32_t reserved;
};
ABI_SIZE(struct igvm_required_memory, 24);

struct igvm_id_signature {
	uint8_t r[72];
	uint8_t s[72];
};
ABI_SIZE(struct igvm_id_signature, 144);

/* Not as the firmware has it: there the coordinates follow the curve at once. */
struct igvm_id_public_key {
	uint32_t curve;
	uint32_t reserved;
	uint8_t qx[72];
	uint8_t qy[72];
};
ABI_SIZE(struct igvm_id_public_key, 152);

/* The guest policy, which the signature covers as well, is the one of IGVM_GUEST_POLICY. */
struct igvm_snp_id_block {
	uint32_t compatibility_mask;			/* 000 */
	uint8_t has_author_key;				/* 004 */
	uint8_t reserved_005[3];
	uint8_t launch_digest[48];			/* 008 */
	uint8_t family_id[16];				/* 038 */
	uint8_t image_id[16];				/* 048 */
	uint32_t version;				/* 058 */
	uint32_t guest_svn;				/* 05C */
	uint32_t id_key_algorithm;			/* 060 */
	uint32_t author_key_algorithm;			/* 064 */
	struct igvm_id_signature block_signature;	/* 068, by the ID key */
	struct igvm_id_public_key id_key;		/* 0F8 */
	struct igvm_id_signature key_signature;		/* 190, of the ID key, by the author key */
	struct igvm_id_public_key author_key;		/* 220 */
};
ABI_SIZE(struct igvm_snp_id_block, 696);
ABI_OFFSET(struct igvm_snp_id_block, launch_digest, 0x008);
ABI_OFFSET(struct igvm_snp_id_block, version, 0x058);
ABI_OFFSET(struct igvm_snp_id_block, block_signature, 0x068);
ABI_OFFSET(struct igvm_snp_id_block, id_key, 0x0F8);
ABI_OFFSET(struct igvm_snp_id_block, author_key, 0x220);

/* VP_COUNT, MEMORY_MAP, ENVIRONMENT_INFO. */
struct igvm_parameter {
	uint32_t area_index;
	uint32_t byte_offset;
};
ABI_SIZE(struct igvm_parameter, 8);

#define IGVM_MEMORY_RAM	       0
#define IGVM_MEMORY_RESERVED   1
#define IGVM_MEMORY_PERSISTENT 2

/* The memory map as the loader writes it: ascending, ended by page_count 0. */
struct igvm_memory_map_entry {
	uint64_t page_number;
	uint64_t page_count;
	uint16_t type;
	uint16_t flags;
	uint32_t reserved;
};
ABI_SIZE(struct igvm_memory_map_entry, 24);
