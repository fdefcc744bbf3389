/*
 * The secrets page that the PSP filled: the keys of guest messages. VMPCK0 goes to the one service
 * that talks to the PSP, the guest's own to the guest; then the kernel has none.
 */
#pragma once

#include "base/err.h"
#include "snp/secrets.h"

/* The page in the region; its mapping can be written. */
void secrets_init(struct secrets_page *page);

/* Hands VMPCK0 over and forgets it. ERR_REQUEST: it is gone already. */
enum err secrets_take_vmpck0(uint8_t key[VMPCK_BYTES]);

/* Zeroes every VMPCK; nothing before secrets_init(). */
void secrets_wipe(void);
