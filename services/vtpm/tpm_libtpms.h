/* Between the parts of the real TPM. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* A command to the TPM and its response: in place, valid until the next command. */
struct tpm_answer {
	const uint8_t *response;
	uint32_t bytes;
};

/* One command as libtpms takes it. False: no response, or the TPM must not be used any more. */
bool tpm_run(uint8_t *command, uint32_t bytes, struct tpm_answer *answer);

/* tpm_keys.c: makes the endorsement keys in a TPM that has just been manufactured, and keeps their
 * public parts. The TPM is left with objects and counters that a power cycle has to clear. */
bool tpm_make_keys(void);
enum err tpm_put_manifest(uint64_t version, struct wrbuf *out);

/* tpm_entropy.c: adds the launch's secret to OpenSSL's generator, from which the TPM's seeds come
 * among others; once it is set up. */
void tpm_mix_secret(void);

/* Whether the TPM ever asked for entropy in vain, or its calculations for memory (tpm_memory.c). */
bool tpm_lacks_entropy(void);
bool tpm_lacks_memory(void);
