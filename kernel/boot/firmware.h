/* The guest's start: its firmware's pages, the tables it expects, its first vCPU. */
#pragma once

#include "base/err.h"
#include "msg/image.h"
#include "snp/secrets.h"
#include "snp/vmsa.h"

enum err firmware_start(const struct image_map *image);

/* The guest's copy of the secrets page: no VMPCK of a more privileged VMPL, the SVSM's fields set.
 */
void firmware_make_secrets(struct secrets_page *copy, const struct secrets_page *own,
			   const struct image_map *image, uint64_t caa);

/* The state of a vCPU after reset, for a VMPL. */
void firmware_make_vmsa(struct vmsa *vmsa, unsigned int vmpl, uint64_t features,
			uint32_t signature);
