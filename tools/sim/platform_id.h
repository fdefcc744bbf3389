/* An image's ID block, from the form IGVM has it in to the form the firmware checks. */
#pragma once

#include <stdint.h>

#include "model/psp.h"

/* Fills in the guest's owner; ends the run when the block is not for this image or not signed. */
void platform_id_check(struct psp_guest *guest, const uint8_t *payload);
