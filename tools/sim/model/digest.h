/* The launch digest (publication 56860, section 8.17): a chain of SHA-384 over struct page_info. */
#pragma once

#include <stdint.h>

#include "snp/launch.h"

struct digest {
	uint8_t value[LAUNCH_DIGEST_BYTES];
};

void digest_start(struct digest *digest);
/* One page of a LAUNCH_PAGE_* type; its 4096 bytes matter for NORMAL and VMSA only. */
void digest_page(struct digest *digest, uint8_t type, uint64_t gpa, const void *page);
