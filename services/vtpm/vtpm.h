/* Protocol 2's side of the service: what a guest's registers and page may say. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "svsm/vtpm.h"

#define VTPM_TPM_HEADER_BYTES 10 /* tag, size, command or response code, big-endian */

/*
 * The request as copied from the guest: ERR_UNSUPPORTED for another platform command than
 * TPM_SEND_COMMAND; ERR_INVALID for another locality than 0, and for a size that is shorter than a
 * TPM command's header, longer than the page, or not the size that the TPM command itself names.
 */
enum err vtpm_decode(const struct vtpm_request *raw_request);
