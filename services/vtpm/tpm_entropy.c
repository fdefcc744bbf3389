/*
 * Where randomness begins: with the kernel's, for OpenSSL's generator and for the TPM's own.
 * libtpms would make do with rand() and the time of day where a system has no entropy. This does
 * not: when the kernel has none, the TPM gets none, then and for the rest of its life, and answers
 * every command by TPM_RC_FAILURE. A TPM that lacks entropy must not make keys.
 */
#include <errno.h>
#include <openssl/rand.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "pause.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "tpm.h"
#include "tpm_libtpms.h"

#define SECRET_BYTES 32

/* Static state: this service is not re-entrant. */
static bool entropy_failed;
static uint8_t entropy_secret[SECRET_BYTES]; /* the launch's, until it is mixed in */

/* These replace libtpms' and the C library's (--wrap). */
int32_t __wrap__plat__GetEntropy(unsigned char *entropy, uint32_t bytes);
int __wrap_getentropy(void *to, size_t bytes);

/* Without it, as in a guest at VMPL1, the CPU's randomness stands alone. */
void tpm_start(struct msg_buffer *buffer)
{
	if (sys_launch_secret(SERVICE_SCRATCH) == ERR_OK) {
		memcpy(entropy_secret, buffer->scratch, sizeof(entropy_secret));
		mem_wipe(buffer->scratch, sizeof(entropy_secret));
	}
}

void tpm_mix_secret(void)
{
	/* Counted as no entropy: it can only add to what the CPU has to give. */
	RAND_add(entropy_secret, sizeof(entropy_secret), 0);
	mem_wipe(entropy_secret, sizeof(entropy_secret));
}

bool tpm_lacks_entropy(void)
{
	return entropy_failed;
}

/* The kernel's random bytes come by way of the message buffer, and do not stay there. */
static bool take_random(void *to, size_t bytes)
{
	struct msg_buffer *buffer = pause_now();
	bool is_good = !entropy_failed && bytes <= SYS_RANDOM_BYTES_MAX &&
		       sys_random(SERVICE_OUT, bytes) == ERR_OK;

	if (is_good) {
		memcpy(to, buffer->out, bytes);
		mem_wipe(buffer->out, bytes);
	}
	entropy_failed = !is_good;
	return is_good;
}

/* What OpenSSL seeds its generator from; never more than 256 bytes. */
int __wrap_getentropy(void *to, size_t bytes)
{
	if (take_random(to, bytes)) {
		return 0;
	}
	errno = EIO;
	return -1;
}

/* What the TPM seeds its generators from: both sources, so that either suffices. As libtpms wants
 * it, yields how many bytes were written; 0 bytes are asked for at the start; negative is for good.
 */
int32_t __wrap__plat__GetEntropy(unsigned char *entropy, uint32_t bytes)
{
	uint8_t other[64];
	uint32_t count = bytes < sizeof(other) ? bytes : (uint32_t)sizeof(other);

	if (count == 0) {
		return 0;
	}
	if (!take_random(entropy, count) || RAND_bytes(other, (int)count) != 1) {
		entropy_failed = true;
		return -1;
	}
	for (uint32_t i = 0; i < count; i++) {
		entropy[i] ^= other[i];
	}
	mem_wipe(other, sizeof(other));
	return (int32_t)count;
}
