/*
 * AES-256-GCM, from mbedtls, by the CPU's AES and carry-less multiplication: constant time. There
 * is no other implementation to fall back to, so a service asks aes_gcm_is_supported() first.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

#define AES_GCM_KEY_BYTES   32
#define AES_GCM_NONCE_BYTES 12
#define AES_GCM_TAG_BYTES   16
#define AES_GCM_STATE_BYTES 832

/* A key, expanded. */
struct aes_gcm {
	uint8_t state[AES_GCM_STATE_BYTES] ALIGNED(16);
};

/* One message: `bytes` of `in` become as many of `out` (which may be the same memory). */
struct aes_gcm_message {
	const uint8_t *nonce; /* AES_GCM_NONCE_BYTES, never twice for one key when sealing */
	const void *aad; /* authenticated, not encrypted */
	size_t aad_bytes;
	const void *in;
	void *out;
	size_t bytes;
};

/* Does this CPU have the instructions? */
bool aes_gcm_is_supported(void);

enum err aes_gcm_set_key(struct aes_gcm *gcm, const uint8_t key[AES_GCM_KEY_BYTES]);

/* Encrypts, and makes the tag. */
enum err aes_gcm_seal(struct aes_gcm *gcm, const struct aes_gcm_message *message,
		      uint8_t tag[AES_GCM_TAG_BYTES]);

/* Decrypts; ERR_FORMAT when the tag is wrong, and `out` is zeros then. */
enum err aes_gcm_open(struct aes_gcm *gcm, const struct aes_gcm_message *message,
		      const uint8_t tag[AES_GCM_TAG_BYTES]);

void aes_gcm_wipe(struct aes_gcm *gcm);
