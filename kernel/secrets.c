/* Wiped on the way out of a panic, too: no lock is taken there, and zeros are written twice at
 * worst. */
#include "secrets.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "base/mem.h"

static struct secrets_page *secrets; /* set once at boot */
static unsigned int first_guest_key; /* likewise */
static _Atomic bool is_taken[SECRETS_COUNT];

void secrets_init(struct secrets_page *page, unsigned int guest_vmpl)
{
	secrets = page;
	first_guest_key = guest_vmpl;
}

enum err secrets_take(enum secrets_key which, uint8_t key[VMPCK_BYTES])
{
	const unsigned int number = which == SECRETS_LAUNCH ? 1 : 0;

	if (secrets == NULL || number >= first_guest_key ||
	    atomic_exchange(&is_taken[which], true)) {
		return ERR_REQUEST;
	}
	memcpy(key, secrets->vmpck[number], VMPCK_BYTES);
	mem_wipe(secrets->vmpck[number], VMPCK_BYTES);
	return ERR_OK;
}

void secrets_wipe(void)
{
	for (unsigned int i = 0; i < SECRETS_COUNT; i++) {
		is_taken[i] = true;
	}
	if (secrets != NULL) {
		mem_wipe(secrets->vmpck, sizeof(secrets->vmpck));
	}
}
