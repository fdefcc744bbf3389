/* ID blocks; see psp_id.h. */
#include "psp_id.h"

#include "base/mem.h"
#include "psp_body.h"
#include "sha384.h"

/* A number of a public key or signature: little-endian, padded; here big-endian. */
static bool take_number(const uint8_t raw[ID_NUMBER_BYTES], uint8_t out[P384_BYTES])
{
	for (size_t i = 0; i < P384_BYTES; i++) {
		out[i] = raw[P384_BYTES - 1 - i];
	}
	return psp_is_zero(raw + P384_BYTES, ID_NUMBER_BYTES - P384_BYTES);
}

static bool is_signed(const void *data, size_t bytes, const struct id_signature *raw_signature,
		      const struct id_public_key *raw_key)
{
	struct p384_signature signature;
	struct p384_point point;

	return raw_key->curve == ID_CURVE_P384 && take_number(raw_key->qx, point.x) &&
	       take_number(raw_key->qy, point.y) && take_number(raw_signature->r, signature.r) &&
	       take_number(raw_signature->s, signature.s) &&
	       p384_verify(&point, data, bytes, &signature) == ERR_OK;
}

static uint32_t check_block(const struct psp_guest *guest, const struct id_block *block)
{
	if (memcmp(block->launch_digest, guest->measurement, sizeof(guest->measurement)) != 0) {
		return PSP_BAD_MEASUREMENT;
	}
	if (block->policy != guest->policy) {
		return PSP_POLICY_FAILURE;
	}
	return block->version == ID_BLOCK_VERSION ? PSP_SUCCESS : PSP_INVALID_PARAM;
}

static uint32_t check_signatures(const struct id_block *block, const struct id_auth *auth,
				 bool has_author_key)
{
	if (auth->id_key_algorithm != ID_ALGORITHM_P384 ||
	    (has_author_key && auth->author_key_algorithm != ID_ALGORITHM_P384)) {
		return PSP_INVALID_PARAM;
	}
	if (!is_signed(block, sizeof(*block), &auth->block_signature, &auth->id_key)) {
		return PSP_BAD_SIGNATURE;
	}
	if (has_author_key && !is_signed(&auth->id_key, sizeof(auth->id_key), &auth->key_signature,
					 &auth->author_key)) {
		return PSP_BAD_SIGNATURE;
	}
	return PSP_SUCCESS;
}

uint32_t psp_id_check(struct psp_guest *guest, const struct id_block *block,
		      const struct id_auth *auth, bool has_author_key)
{
	uint32_t status = check_block(guest, block);

	if (status == PSP_SUCCESS) {
		status = check_signatures(block, auth, has_author_key);
	}
	if (status != PSP_SUCCESS) {
		return status;
	}
	guest->has_id_block = true;
	guest->has_author_key = has_author_key;
	guest->guest_svn = block->guest_svn;
	memcpy(guest->family_id, block->family_id, sizeof(guest->family_id));
	memcpy(guest->image_id, block->image_id, sizeof(guest->image_id));
	sha384(&auth->id_key, sizeof(auth->id_key), guest->id_key_digest);
	if (has_author_key) {
		sha384(&auth->author_key, sizeof(auth->author_key), guest->author_key_digest);
	}
	return PSP_SUCCESS;
}
