/*
 * Derived keys (publication 56860, section 7.2): what goes into a key, and who may ask, is the
 * firmware's; the function that makes the key is not, so the keys differ from a real chip's.
 */
#include "base/mem.h"
#include "psp_body.h"
#include "sha384.h"

struct mix {
	uint8_t label[16];
	uint8_t root[PSP_SECRET_BYTES];
	uint64_t root_tcb;
	uint32_t root_select;
	uint32_t id_key_select; /* 0 none, 1 ID key, 2 author key */
	uint64_t field_select;
	uint32_t vmpl;
	uint32_t guest_svn;
	uint64_t tcb;
	uint64_t policy;
	uint8_t image_id[16];
	uint8_t family_id[16];
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t id_key_digest[48];
};
/* Hashed as it lies in memory. */
ABI_SIZE(struct mix, 16 + 48 + 8 + 8 + 8 + 8 + 16 + 32 + 48 + 32 + 48);

static const uint8_t label[16] = "keel derived key";

/* No part of a TCB is newer than the chip's, where the parts that Milan does not have are zero. */
static bool is_tcb_known(uint64_t tcb, uint64_t chip)
{
	for (unsigned int i = 0; i < 64; i += 8) {
		if (((tcb >> i) & 0xff) > ((chip >> i) & 0xff)) {
			return false;
		}
	}
	return true;
}

static uint32_t check(const struct psp *psp, unsigned int vmpck, const struct guest_key_req *req)
{
	uint32_t status;

	if ((req->root_select & GUEST_KEY_ROOT_RESERVED) != 0 || req->reserved_04 != 0) {
		return PSP_INVALID_PARAM;
	}
	if ((req->root_select & GUEST_KEY_ROOT_VMRK) == 0) {
		status = psp_check_key_select(req->root_select >> GUEST_KEY_ROOT_SHIFT);
		if (status != PSP_SUCCESS) {
			return status;
		}
	}
	if (req->vmpl < vmpck || req->vmpl > PSP_VMPL_MAX ||
	    (req->field_select & ~GUEST_FIELD_ALL) != 0) {
		return PSP_INVALID_PARAM;
	}
	if ((req->field_select & GUEST_FIELD_TCB) != 0 && !is_tcb_known(req->tcb, psp->chip.tcb)) {
		return PSP_INVALID_PARAM;
	}
	if ((req->field_select & GUEST_FIELD_SVN) != 0 && req->guest_svn > psp->guest.guest_svn) {
		return PSP_INVALID_PARAM;
	}
	return PSP_SUCCESS;
}

/* Always in: the root, the VMPL, the host's data, whose image it is. */
static void mix_fixed(struct mix *mix, const struct psp *psp, const struct guest_key_req *req)
{
	const struct psp_guest *g = &psp->guest;

	memcpy(mix->label, label, sizeof(mix->label));
	mix->root_select = req->root_select;
	mix->field_select = req->field_select;
	mix->vmpl = req->vmpl;
	memcpy(mix->host_data, g->host_data, sizeof(mix->host_data));
	if (g->has_author_key) {
		mix->id_key_select = 2;
		memcpy(mix->id_key_digest, g->author_key_digest, sizeof(mix->id_key_digest));
	} else if (g->has_id_block) {
		mix->id_key_select = 1;
		memcpy(mix->id_key_digest, g->id_key_digest, sizeof(mix->id_key_digest));
	}
	if ((req->root_select & GUEST_KEY_ROOT_VMRK) != 0) {
		memcpy(mix->root, g->vmrk, sizeof(g->vmrk));
	} else {
		memcpy(mix->root, psp->chip.secret, sizeof(mix->root));
		mix->root_tcb = psp->chip.tcb;
	}
}

static void mix_selected(struct mix *mix, const struct psp *psp, const struct guest_key_req *req)
{
	const struct psp_guest *g = &psp->guest;

	if ((req->field_select & GUEST_FIELD_POLICY) != 0) {
		mix->policy = g->policy;
	}
	if ((req->field_select & GUEST_FIELD_IMAGE_ID) != 0) {
		memcpy(mix->image_id, g->image_id, sizeof(mix->image_id));
	}
	if ((req->field_select & GUEST_FIELD_FAMILY_ID) != 0) {
		memcpy(mix->family_id, g->family_id, sizeof(mix->family_id));
	}
	if ((req->field_select & GUEST_FIELD_MEASUREMENT) != 0) {
		memcpy(mix->measurement, g->measurement, sizeof(mix->measurement));
	}
	if ((req->field_select & GUEST_FIELD_SVN) != 0) {
		mix->guest_svn = req->guest_svn;
	}
	if ((req->field_select & GUEST_FIELD_TCB) != 0) {
		mix->tcb = req->tcb;
		/* A key of an older TCB comes from that TCB's VCEK. */
		if ((req->root_select & GUEST_KEY_ROOT_VMRK) == 0) {
			mix->root_tcb = req->tcb;
		}
	}
}

uint32_t psp_derive(const struct psp *psp, unsigned int vmpck, const struct guest_key_req *req,
		    struct guest_key_rsp *rsp)
{
	struct mix mix = {0};
	uint8_t key[SHA384_BYTES];

	rsp->status = check(psp, vmpck, req);
	if (rsp->status != PSP_SUCCESS) {
		return rsp->status;
	}
	mix_fixed(&mix, psp, req);
	mix_selected(&mix, psp, req);
	sha384(&mix, sizeof(mix), key);
	memcpy(rsp->key, key, sizeof(rsp->key));
	mem_wipe(&mix, sizeof(mix));
	mem_wipe(key, sizeof(key));
	return PSP_SUCCESS;
}
