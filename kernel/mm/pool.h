/*
 * Pages of the SVSM's own memory: what the image left free of its region. Allocated at boot and
 * when a vCPU or service starts; nothing is freed while guests run, but a failed start gives all
 * back.
 */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "msg/image.h"

/* Takes over the region from its first unmeasured page. The pages are validated and zero. */
void pool_init(const struct image_map *image);

/* Contiguous zeroed pages, or NULL. */
void *pool_alloc(size_t pages);

/*
 * A page for a VMSA: never 2 MiB aligned, because of an erratum of Milan and Genoa (KVM refuses
 * such VMSAs). NULL: no memory.
 */
void *pool_alloc_vmsa(void);

void pool_free(void *first, size_t pages);

/* Between the kernel's linear mapping of its region and gPAs. The pointer lies in the region. */
gpa_t pool_gpa(const void *at);
void *pool_at(gpa_t page);

/* The SVSM's own range: never handed to a guest. */
struct gpa_range pool_region(void);

/* How much of it the image fills, from its start: measured, never allocated. */
uint64_t pool_image_bytes(void);

size_t pool_free_pages(void);
