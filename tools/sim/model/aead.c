/* AES-256-GCM; see aead.h. The tables of AES are not constant time: nothing here is a real secret.
 */
#include "aead.h"

#include <mbedtls/gcm.h>

#define KEY_BITS (AEAD_KEY_BYTES * 8)

enum err aead_seal(const uint8_t key[AEAD_KEY_BYTES], const uint8_t iv[AEAD_IV_BYTES],
		   const struct aead_text *text, uint8_t tag[AEAD_TAG_BYTES])
{
	mbedtls_gcm_context gcm;
	int bad;

	mbedtls_gcm_init(&gcm);
	bad = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, KEY_BITS);
	if (bad == 0) {
		bad = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, text->bytes, iv,
						AEAD_IV_BYTES, text->aad, text->aad_bytes, text->in,
						text->out, AEAD_TAG_BYTES, tag);
	}
	mbedtls_gcm_free(&gcm);
	return bad == 0 ? ERR_OK : ERR_INVALID;
}

enum err aead_open(const uint8_t key[AEAD_KEY_BYTES], const uint8_t iv[AEAD_IV_BYTES],
		   const struct aead_text *text, const uint8_t tag[AEAD_TAG_BYTES])
{
	mbedtls_gcm_context gcm;
	int bad;

	mbedtls_gcm_init(&gcm);
	bad = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, KEY_BITS);
	if (bad == 0) {
		bad = mbedtls_gcm_auth_decrypt(&gcm, text->bytes, iv, AEAD_IV_BYTES, text->aad,
					       text->aad_bytes, tag, AEAD_TAG_BYTES, text->in,
					       text->out);
	}
	mbedtls_gcm_free(&gcm);
	return bad == 0 ? ERR_OK : ERR_INVALID;
}
