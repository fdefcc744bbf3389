/*
 * mbedtls' sha512.c as part of this unit, in the smallest configuration (sha384_config.h). It is a
 * system include, so that its warnings are its own.
 */
#include "sha384.h"

#include "base/mem.h"

#include <sha512.c>

/* mbedtls' own wipe needs a C library. */
void sha384_wipe(void *buf, size_t len)
{
	mem_wipe(buf, len);
}

void sha384(const void *data, size_t bytes, uint8_t digest[SHA384_BYTES])
{
	/* Fails only when its second argument is neither 0 nor 1. */
	(void)mbedtls_sha512(data, bytes, digest, 1);
}
