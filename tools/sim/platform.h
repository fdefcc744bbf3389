/*
 * The chip that this run simulates, and its PSP. Everything secret about it is made at the start of
 * the run and is gone with it; its certificates are its own, not AMD's.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "model/psp.h"

/* LAUNCH_START: makes the chip and the guest's keys. */
void platform_start(void);
/* The VMPCKs for the secrets page; before platform_finish(). */
void platform_vmpcks(uint8_t vmpcks[PSP_VMPCKS][VMPCK_BYTES]);
/*
 * LAUNCH_FINISH: `id_block` is the payload of the image's IGVM_SNP_ID_BLOCK, or NULL. Ends the run
 * when the image is not what its ID block says.
 */
void platform_finish(const uint8_t measurement[LAUNCH_DIGEST_BYTES], uint64_t policy,
		     const uint8_t *id_block);

/* A guest message, in pages of the simulator's own. */
struct psp_result platform_request(const uint8_t request[PAGE_SIZE], uint8_t response[PAGE_SIZE]);
/* The certificate table of extended requests; made when first asked for. */
const uint8_t *platform_certs(void);
