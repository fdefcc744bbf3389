/*
 * The secrets page that the PSP filled: the keys of guest messages. VMPCK0 goes to the one service
 * that talks to the PSP, the guest's own to the guest; then the kernel has none.
 */
#pragma once

#include "base/err.h"
#include "snp/secrets.h"

/* What services get, each once. */
enum secrets_key {
	SECRETS_VMPCK0,
	/* VMPCK1, where no guest has that VMPL: nobody sends messages with it, so it serves as a
	 * secret of this launch. */
	SECRETS_LAUNCH,
	SECRETS_COUNT
};

/* The page in the region; its mapping can be written. The guest has the keys from its VMPL on. */
void secrets_init(struct secrets_page *page, unsigned int guest_vmpl);

/* Hands a key over and forgets it. ERR_REQUEST: it is gone already, or the guest's. */
enum err secrets_take(enum secrets_key which, uint8_t key[VMPCK_BYTES]);

/* Zeroes every VMPCK; nothing before secrets_init(). */
void secrets_wipe(void);
