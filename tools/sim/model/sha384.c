/* SHA-384 and the wipe that all of mbedtls uses. */
#include "sha384.h"

#include <mbedtls/sha512.h>

#include "base/mem.h"

/* mbedtls' own wipe needs a C library. */
void sha384_wipe(void *buf, size_t len)
{
	mem_wipe(buf, len);
}

void sha384(const void *data, size_t bytes, uint8_t digest[SHA384_BYTES])
{
	/* Fails only when its last argument is neither 0 nor 1. */
	(void)mbedtls_sha512(data, bytes, digest, 1);
}
