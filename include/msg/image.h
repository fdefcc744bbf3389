/*
 * What tools/igvm tells the kernel about the image it built: one measured page, the first of the
 * SVSM's region, mapped read-only at KERNEL_VA. And what it tells the 32-bit entry stub.
 *
 * Region (gPA base .. base + bytes, virtual KERNEL_VA + the same offset):
 *   page 0          struct image_map
 *   page 1 ..       kernel segments, linked at KERNEL_VA + 0x1000, page aligned, .bss included
 *   then            secrets page, parameter pages, service images
 *   then            unmeasured, not validated: the kernel's pool
 * Low memory, only for the first instructions (handed back to the guest, unvalidated): the entry
 * stub, its struct stub_params, the CPUID page, the boot page tables. A section of the firmware may
 * lie there: sections are built after low memory was handed back.
 *
 * Boot page tables, all of 4 KiB pages, C-bit clear, accessed and dirty set, for both root4 and
 * root5: low memory at its own address (the stub read and execute, the rest read and write), the
 * region at KERNEL_VA (image map and services read only, kernel segments as their flags say,
 * secrets, parameters and the pool read and write; a gap between kernel segments is measured zeros
 * and not mapped, so it guards). EFER.NXE has to be on. They must fit below 0xA0000, which bounds
 * the region.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define KERNEL_VA		UINT64_C(0xffffffff80000000)
#define KERNEL_LINK_VA		(KERNEL_VA + 0x1000)
#define REGION_BASE_DEFAULT	UINT64_C(0x8000000000) /* 512 GiB */
#define REGION_BYTES_DEFAULT	UINT64_C(0x800000)     /* 8 MiB */
#define REGION_BYTES_MAX	UINT64_C(0x20000000)   /* 512 MiB */
#define LOW_BASE		UINT64_C(0x10000)      /* the stub's first page */

#define IMAGE_MAP_MAGIC	  UINT64_C(0x70614D6C65654B01) /* 01 "KeelMap" */
#define IMAGE_MAP_VERSION 2

#define IMAGE_READ  BIT32(0)
#define IMAGE_WRITE BIT32(1)
#define IMAGE_EXEC  BIT32(2)

/* A piece of the kernel or of a service: bytes in the region, where they are mapped, and how. */
struct image_segment {
	uint32_t region_offset; /* page aligned */
	uint32_t pages;		/* in the image; for a service's data also what is copied */
	uint32_t zero_pages;	/* follow in memory, not in the image (services only) */
	uint32_t flags;		/* IMAGE_READ | IMAGE_WRITE | IMAGE_EXEC, never the latter two */
	uint64_t va;
};
ABI_SIZE(struct image_segment, 24);

#define IMAGE_KERNEL_SEGMENTS  4
#define IMAGE_SERVICE_SEGMENTS 4
#define IMAGE_SERVICES	       12
#define IMAGE_SECTIONS	       24
#define IMAGE_NAME_BYTES       16
#define IMAGE_HASH_BYTES       48

struct image_service {
	char name[IMAGE_NAME_BYTES]; /* NUL padded, not necessarily ended */
	uint64_t entry;
	uint32_t segment_count;
	uint32_t reserved;
	struct image_segment segments[IMAGE_SERVICE_SEGMENTS];
	/* SHA-384 of what is loaded: for each segment its va, its bytes in memory and its flags, as
	 * three 64-bit words, and its stored pages. */
	uint8_t hash[IMAGE_HASH_BYTES];
};
ABI_SIZE(struct image_service, 176);

/*
 * A range the firmware's metadata names (OVMF_SECTION_*), page aligned, within 4 GiB, ascending and
 * apart from each other, the firmware and the region. There is one page each of secrets, CPUID,
 * CAA.
 */
struct image_section {
	uint32_t base;
	uint32_t bytes;
	uint32_t type;
	uint32_t reserved;
};
ABI_SIZE(struct image_section, 16);

/* flags */
#define IMAGE_WANT_LA57 BIT32(0) /* use 5-level paging where the CPUID page offers it */

struct image_map {
	uint64_t magic;
	uint32_t version;
	uint32_t bytes; /* sizeof(struct image_map) */
	uint64_t region_base;
	uint64_t region_bytes;
	uint32_t flags;
	uint32_t guest_vmpl;		/* 1..3 */
	uint32_t image_pages;		/* of the region, from its start: validated by the launch */
	uint32_t secrets_offset;	/* in the region */
	uint32_t memory_map_offset;	/* IGVM memory map parameter, or 0 */
	uint32_t vp_count_offset;	/* IGVM VP count parameter (u32), or 0 */
	uint32_t low_base;		/* low memory to hand back, gPA */
	uint32_t low_pages;
	uint32_t cpuid_gpa;		/* the CPUID page, in low memory */
	uint32_t kernel_segment_count;
	uint64_t firmware_gpa;		/* measured firmware pages; its end is 4 GiB */
	uint64_t firmware_bytes;
	uint32_t section_count;
	uint32_t service_count;
	struct image_segment kernel_segments[IMAGE_KERNEL_SEGMENTS];
	struct image_service services[IMAGE_SERVICES];
	struct image_section sections[IMAGE_SECTIONS];
};
_Static_assert(sizeof(struct image_map) <= 4096, "the image map is one page");
ABI_OFFSET(struct image_map, region_base, 16);
ABI_OFFSET(struct image_map, guest_vmpl, 36);
ABI_OFFSET(struct image_map, firmware_gpa, 72);
ABI_OFFSET(struct image_map, kernel_segments, 96);
ABI_OFFSET(struct image_map, services, 192);
ABI_OFFSET(struct image_map, sections, 2304);

/*
 * For the stub: entered at LOW_BASE in 32-bit protected mode, paging off, flat segments, EBX = gPA
 * of this structure. It sets the C-bit in every present entry of the boot tables, turns paging on
 * and jumps to `entry` with RDI = KERNEL_VA (struct image_map *) and RSP = stack: the end of the
 * last page of the kernel's last writable segment, where the kernel's linker script puts the boot
 * stack.
 */
struct stub_params {
	uint32_t cpuid_gpa;
	uint32_t tables_gpa;
	uint32_t tables_pages;
	uint32_t root4_gpa; /* PML4 */
	uint32_t root5_gpa; /* PML5, whose first and last entries point to the PML4 */
	uint32_t flags;	    /* IMAGE_WANT_LA57 */
	uint64_t entry;
	uint64_t stack;
};
ABI_SIZE(struct stub_params, 40);
ABI_OFFSET(struct stub_params, entry, 24);
ABI_OFFSET(struct stub_params, stack, 32);
