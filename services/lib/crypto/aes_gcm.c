/* See aes_gcm.h. */
#include "lib/crypto/aes_gcm.h"

#include <cpuid.h>
#include <mbedtls/gcm.h>

#include "base/mem.h"

_Static_assert(sizeof(mbedtls_gcm_context) <= AES_GCM_STATE_BYTES, "the state is too small");

#define CPUID_FEATURES 1

static mbedtls_gcm_context *context(struct aes_gcm *gcm)
{
	return (mbedtls_gcm_context *)(void *)gcm->state;
}

bool aes_gcm_is_supported(void)
{
	const unsigned int wanted = bit_AES | bit_PCLMUL;
	unsigned int eax = 0;
	unsigned int ebx = 0;
	unsigned int ecx = 0;
	unsigned int edx = 0;

	__cpuid(CPUID_FEATURES, eax, ebx, ecx, edx);
	return (ecx & wanted) == wanted;
}

enum err aes_gcm_set_key(struct aes_gcm *gcm, const uint8_t key[AES_GCM_KEY_BYTES])
{
	mbedtls_gcm_init(context(gcm));
	if (mbedtls_gcm_setkey(context(gcm), MBEDTLS_CIPHER_ID_AES, key, 8 * AES_GCM_KEY_BYTES) !=
	    0) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

enum err aes_gcm_seal(struct aes_gcm *gcm, const struct aes_gcm_message *message,
		      uint8_t tag[AES_GCM_TAG_BYTES])
{
	int failed = mbedtls_gcm_crypt_and_tag(context(gcm), MBEDTLS_GCM_ENCRYPT, message->bytes,
					       message->nonce, AES_GCM_NONCE_BYTES, message->aad,
					       message->aad_bytes, message->in, message->out,
					       AES_GCM_TAG_BYTES, tag);

	return failed == 0 ? ERR_OK : ERR_INVALID;
}

enum err aes_gcm_open(struct aes_gcm *gcm, const struct aes_gcm_message *message,
		      const uint8_t tag[AES_GCM_TAG_BYTES])
{
	int failed = mbedtls_gcm_auth_decrypt(context(gcm), message->bytes, message->nonce,
					      AES_GCM_NONCE_BYTES, message->aad, message->aad_bytes,
					      tag, AES_GCM_TAG_BYTES, message->in, message->out);

	return failed == 0 ? ERR_OK : ERR_FORMAT;
}

void aes_gcm_wipe(struct aes_gcm *gcm)
{
	mem_wipe(gcm, sizeof(*gcm));
}
