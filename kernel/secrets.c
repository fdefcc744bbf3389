/* Wiped on the way out of a panic, too: no lock is taken there, and zeros are written twice at
 * worst. */
#include "secrets.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "base/mem.h"

static struct secrets_page *secrets; /* set once at boot */
static _Atomic bool vmpck0_is_taken;

void secrets_init(struct secrets_page *page)
{
	secrets = page;
}

enum err secrets_take_vmpck0(uint8_t key[VMPCK_BYTES])
{
	if (secrets == NULL || atomic_exchange(&vmpck0_is_taken, true)) {
		return ERR_REQUEST;
	}
	memcpy(key, secrets->vmpck[0], VMPCK_BYTES);
	mem_wipe(secrets->vmpck[0], VMPCK_BYTES);
	return ERR_OK;
}

void secrets_wipe(void)
{
	vmpck0_is_taken = true;
	if (secrets != NULL) {
		mem_wipe(secrets->vmpck, sizeof(secrets->vmpck));
	}
}
