/* The seam: guest messages, by way of the host, to the PSP. Their contents are nobody's business
 * here. */
#pragma once

#include <stdint.h>

#include "base/err.h"

/* Makes the shared pages that messages travel in; once, at boot. ERR_HOST: it has none. */
enum err arch_psp_prepare(void);

struct psp_answer {
	uint64_t status; /* SW_EXITINFO2: [31:0] the firmware's error, [63:32] the host's */
	uint32_t certificate_pages; /* that the host has */
};

/*
 * Sends the page `message` and stores the answer's over it. certificate_pages: how many shared
 * pages of certificates to offer, at most SYS_PSP_CERTIFICATE_PAGES; 0: a plain request. One at a
 * time. ERR_HOST: the host does not do it.
 */
enum err arch_psp_exchange(void *message, uint32_t certificate_pages, struct psp_answer *answer);

/* Copies a page of certificates, as the last exchange left it. */
void arch_psp_certificates(uint32_t page, void *to);
