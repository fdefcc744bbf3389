/* As QEMU does it; see platform_id.h. */
#include "platform_id.h"

#include "base/mem.h"
#include "log.h"
#include "model/psp_id.h"
#include "snp/id_block.h"
#include "snp/igvm.h"

static void take_signature(struct id_signature *to, const struct igvm_id_signature *from)
{
	memcpy(to->r, from->r, sizeof(to->r));
	memcpy(to->s, from->s, sizeof(to->s));
}

static void take_key(struct id_public_key *to, const struct igvm_id_public_key *from)
{
	to->curve = from->curve;
	memcpy(to->qx, from->qx, sizeof(to->qx));
	memcpy(to->qy, from->qy, sizeof(to->qy));
}

static const char *why(uint32_t status)
{
	switch (status) {
	case PSP_BAD_MEASUREMENT:
		return "it is for an image with another launch digest";
	case PSP_POLICY_FAILURE:
		return "it is for another guest policy";
	case PSP_BAD_SIGNATURE:
		return "a signature is wrong: of the block by the ID key, or of the ID key by the "
		       "author key";
	default:
		return "its version or an algorithm is unknown";
	}
}

void platform_id_check(struct psp_guest *guest, const uint8_t *payload)
{
	static struct igvm_snp_id_block raw;
	static struct id_auth auth;
	struct id_block block;
	uint32_t status;

	memcpy(&raw, payload, sizeof(raw));
	block = (struct id_block){
		.version = raw.version,
		.guest_svn = raw.guest_svn,
		.policy = guest->policy,
	};
	memcpy(block.launch_digest, raw.launch_digest, sizeof(block.launch_digest));
	memcpy(block.family_id, raw.family_id, sizeof(block.family_id));
	memcpy(block.image_id, raw.image_id, sizeof(block.image_id));
	auth.id_key_algorithm = raw.id_key_algorithm;
	auth.author_key_algorithm = raw.author_key_algorithm;
	take_signature(&auth.block_signature, &raw.block_signature);
	take_key(&auth.id_key, &raw.id_key);
	if (raw.has_author_key != 0) {
		take_signature(&auth.key_signature, &raw.key_signature);
		take_key(&auth.author_key, &raw.author_key);
	}
	status = psp_id_check(guest, &block, &auth, raw.has_author_key != 0);
	if (status != PSP_SUCCESS) {
		log_fatal("the firmware refuses the image's ID block (0x%x): %s", status,
			  why(status));
	}
	log_line("launch: the ID block is for this image, guest SVN %u", guest->guest_svn);
}
