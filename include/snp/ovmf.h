/*
 * How an OVMF-like firmware image describes itself: a table of GUIDed entries that ends 0x20 bytes
 * before the image's end and is read downwards, and the SEV metadata it points to
 * (edk2 OvmfPkg/ResetVector/X64/OvmfSevMetadata.nasm.inc).
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

/* From the end of the image to the end of the table's footer entry. */
#define OVMF_TABLE_END_OFFSET 0x20

/* Follows (lies above) the data of each entry; bytes counts data and this footer. */
struct ovmf_entry {
	uint16_t bytes;
	uint8_t guid[16];
} PACKED;
ABI_SIZE(struct ovmf_entry, 18);

/* GUIDs in memory order. */
/* 96b582de-1fb2-45f7-baea-a366c55a082d */
#define OVMF_GUID_FOOTER                                                                           \
	{                                                                                          \
	       0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, \
			0x08, 0x2d                                                                 \
	}
/* dc886566-984a-4798-a75e-5585a7bf67cc: u32 offset of the metadata from the image's end */
#define OVMF_GUID_SEV_METADATA                                                                     \
	{                                                                                          \
	       0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf,\
			0x67, 0xcc                                                                 \
	}

#define OVMF_METADATA_SIGNATURE UINT32_C(0x56455341) /* "ASEV" */
#define OVMF_METADATA_VERSION	1

struct ovmf_metadata {
	uint32_t signature;
	uint32_t bytes; /* header and sections */
	uint32_t version;
	uint32_t count;
};
ABI_SIZE(struct ovmf_metadata, 16);

#define OVMF_SECTION_MEMORY	   1 /* validated and zeroed before the firmware starts */
#define OVMF_SECTION_SECRETS	   2
#define OVMF_SECTION_CPUID	   3
#define OVMF_SECTION_CAA	   4
#define OVMF_SECTION_KERNEL_HASHES 0x10

struct ovmf_section {
	uint32_t base;
	uint32_t bytes;
	uint32_t type;
};
ABI_SIZE(struct ovmf_section, 12);
