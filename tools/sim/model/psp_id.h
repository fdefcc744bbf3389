/* The ID block of a launch, checked as LAUNCH_FINISH does. */
#pragma once

#include <stdbool.h>

#include "psp.h"
#include "snp/id_block.h"

/*
 * Needs the guest's measurement and policy, and fills in what comes from the block. Returns
 * PSP_SUCCESS; PSP_BAD_MEASUREMENT or PSP_POLICY_FAILURE: the block is for another image;
 * PSP_INVALID_PARAM: an algorithm or version nobody knows; PSP_BAD_SIGNATURE. The guest is as it
 * was unless the block is good.
 */
uint32_t psp_id_check(struct psp_guest *guest, const struct id_block *block,
		      const struct id_auth *auth, bool has_author_key);
