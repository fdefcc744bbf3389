/* The seam: the steps of the boot that belong to the architecture, called from kernel/main.c's
 * table. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "msg/image.h"
#include "snp/cpuid_page.h"

enum err arch_boot_environment(const struct image_map *image);
enum err arch_boot_idt(const struct image_map *image);
enum err arch_boot_vc(const struct image_map *image);
enum err arch_boot_memory(const struct image_map *image); /* validates the pool */
enum err arch_boot_page_tables(const struct image_map *image);
enum err arch_boot_percpu(const struct image_map *image);
enum err arch_boot_tss(const struct image_map *image);
enum err arch_boot_ghcb(const struct image_map *image);
enum err arch_boot_serial(const struct image_map *image);

/* The CPUID page as the PSP checked it, copied before anyone could write it. */
const struct cpuid_page *arch_cpuid_page(void);

/* The C-bit's mask. Guest physical addresses are below it, or they would be others in disguise. */
uint64_t arch_address_limit(void);

/* SEV_FEATURES of this VM, from SEV_STATUS. */
uint64_t arch_sev_features(void);
