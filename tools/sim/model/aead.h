/* AES-256-GCM, from mbedtls: 12 bytes of IV, 16 of tag. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define AEAD_KEY_BYTES 32
#define AEAD_IV_BYTES  12
#define AEAD_TAG_BYTES 16

struct aead_text {
	const uint8_t *aad;
	size_t aad_bytes;
	const uint8_t *in;
	uint8_t *out; /* may be `in` */
	size_t bytes;
};

enum err aead_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t iv[AEAD_IV_BYTES],
		   const struct aead_text *text, uint8_t tag[AEAD_TAG_BYTES]);
/* ERR_INVALID: the tag is wrong; `out` is zeroed. */
enum err aead_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t iv[AEAD_IV_BYTES],
		   const struct aead_text *text, const uint8_t tag[AEAD_TAG_BYTES]);
