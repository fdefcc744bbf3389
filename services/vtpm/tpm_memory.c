/*
 * Memory that runs out is no answer to a calculation. libtpms takes a failed one for a number that
 * is no prime, and goes on with the next: a key that its seed does not have. So a TPM whose
 * OpenSSL once asked for memory in vain is out of order from then on.
 *
 * These wrap OpenSSL's allocation (--wrap), which is also where every long command comes by.
 */
#include <openssl/crypto.h>

#include "pause.h"
#include "tpm_libtpms.h"

/* Static state: this service is not re-entrant. */
static bool memory_failed;

bool tpm_lacks_memory(void)
{
	return memory_failed;
}

#define MEMORY_WRAP(name, parameters, arguments)                                                   \
	void *__wrap_##name parameters;                                                            \
	void *__real_##name parameters;                                                            \
                                                                                                   \
	void *__wrap_##name parameters                                                             \
	{                                                                                          \
		void *at;                                                                          \
                                                                                                   \
		pause_check();                                                                     \
		at = __real_##name arguments;                                                      \
		memory_failed = memory_failed || (at == NULL && bytes != 0);                       \
		return at;                                                                         \
	}

MEMORY_WRAP(CRYPTO_malloc, (size_t bytes, const char *file, int line), (bytes, file, line))
MEMORY_WRAP(CRYPTO_zalloc, (size_t bytes, const char *file, int line), (bytes, file, line))
MEMORY_WRAP(CRYPTO_realloc, (void *old, size_t bytes, const char *file, int line),
	    (old, bytes, file, line))
