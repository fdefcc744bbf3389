/*
 * ECDSA on P-384 with SHA-384, from mbedtls. Numbers are big-endian, as X.509 has them. Nothing is
 * random: keys and nonces come from seeds, so a seed must be secret where a key must be.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define P384_BYTES 48

struct p384_point {
	uint8_t x[P384_BYTES];
	uint8_t y[P384_BYTES];
};

struct p384_signature {
	uint8_t r[P384_BYTES];
	uint8_t s[P384_BYTES];
};

struct p384_key {
	uint8_t secret[P384_BYTES];
	struct p384_point point;
};

/* The key of a seed; `label` tells keys of one seed apart. ERR_NOMEM: the heap is empty. */
enum err p384_make(struct p384_key *key, const uint8_t *seed, size_t seed_bytes, const char *label);
/* The nonce comes from the key and the data. */
enum err p384_sign(const struct p384_key *key, const void *data, size_t bytes,
		   struct p384_signature *signature);
/* ERR_INVALID: the point is not on the curve, or the signature is not of this key and data. */
enum err p384_verify(const struct p384_point *point, const void *data, size_t bytes,
		     const struct p384_signature *signature);
