/* SHA-512 and SHA-384, from mbedtls. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA512_BYTES 64

/* The digest of `a` followed by `b`. */
void sha2_512(const void *a, size_t a_bytes, const void *b, size_t b_bytes,
	      uint8_t digest[SHA512_BYTES]);
