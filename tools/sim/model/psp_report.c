/* Attestation reports (publication 56860, section 7.3). */
#include "base/mem.h"
#include "psp_body.h"
#include "psp_cert.h"

/* From the signature of CPUID Fn0000_0001 EAX. */
static void put_fms(uint32_t fms, uint8_t out[3])
{
	out[0] = (uint8_t)(bits_get(fms, 11, 8) + bits_get(fms, 27, 20));
	out[1] = (uint8_t)(bits_get(fms, 7, 4) | (bits_get(fms, 19, 16) << 4));
	out[2] = (uint8_t)bits_get(fms, 3, 0);
}

static void put_guest(struct guest_report *r, const struct psp_guest *g)
{
	r->guest_svn = g->guest_svn;
	r->policy = g->policy;
	r->flags = g->has_author_key ? GUEST_REPORT_AUTHOR_KEY : 0;
	memcpy(r->family_id, g->family_id, sizeof(r->family_id));
	memcpy(r->image_id, g->image_id, sizeof(r->image_id));
	memcpy(r->measurement, g->measurement, sizeof(r->measurement));
	memcpy(r->host_data, g->host_data, sizeof(r->host_data));
	memcpy(r->id_key_digest, g->id_key_digest, sizeof(r->id_key_digest));
	memcpy(r->author_key_digest, g->author_key_digest, sizeof(r->author_key_digest));
	memcpy(r->report_id, g->report_id, sizeof(r->report_id));
	/* No migration agent. */
	memset(r->report_id_ma, 0xff, sizeof(r->report_id_ma));
}

static void put_chip(struct guest_report *r, const struct psp_chip *chip)
{
	static const uint8_t version[4] = {PSP_BUILD, PSP_API_MINOR, PSP_API_MAJOR};

	r->version = chip->report_version;
	r->signature_algo = GUEST_REPORT_SIGN_P384;
	r->current_tcb = chip->tcb;
	r->reported_tcb = chip->tcb;
	r->committed_tcb = chip->tcb;
	r->launch_tcb = chip->tcb;
	if (chip->report_version >= PSP_REPORT_VERSION_FMS) {
		put_fms(chip->fms, r->cpuid_fms);
	}
	memcpy(r->chip_id, chip->id, sizeof(r->chip_id));
	memcpy(r->current_version, version, sizeof(version));
	memcpy(r->committed_version, version, sizeof(version));
}

static void reverse(uint8_t *out, const uint8_t *in, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		out[i] = in[bytes - 1 - i];
	}
}

static uint32_t sign(struct psp *psp, struct guest_report *r)
{
	struct p384_signature signature;

	if (psp_make_vcek(psp) != ERR_OK ||
	    p384_sign(&psp->vcek, r, GUEST_REPORT_SIGNED_BYTES, &signature) != ERR_OK) {
		return PSP_HWERROR_PLATFORM;
	}
	reverse(r->signature, signature.r, P384_BYTES);
	reverse(r->signature + GUEST_REPORT_NUMBER_BYTES, signature.s, P384_BYTES);
	return PSP_SUCCESS;
}

/* Which keys there are: a VCEK, no VLEK. */
uint32_t psp_check_key_select(uint32_t select)
{
	return select == GUEST_KEY_VLEK_VCEK || select == GUEST_KEY_VCEK ? PSP_SUCCESS
									 : PSP_INVALID_KEY;
}

static uint32_t check(unsigned int vmpck, const struct guest_report_req *req)
{
	uint32_t status;

	if (!psp_is_zero(req->reserved_48, sizeof(req->reserved_48)) ||
	    (req->flags & ~(uint32_t)GUEST_KEY_SELECT) != 0) {
		return PSP_INVALID_PARAM;
	}
	status = psp_check_key_select(req->flags & GUEST_KEY_SELECT);
	if (status != PSP_SUCCESS) {
		return status;
	}
	return req->vmpl < vmpck || req->vmpl > PSP_VMPL_MAX ? PSP_INVALID_PARAM : PSP_SUCCESS;
}

uint32_t psp_report(struct psp *psp, unsigned int vmpck, const struct guest_report_req *req,
		    struct guest_report_rsp *rsp)
{
	struct guest_report *r = &rsp->report;

	rsp->report_bytes = sizeof(*r);
	rsp->status = check(vmpck, req);
	if (rsp->status != PSP_SUCCESS) {
		return rsp->status;
	}
	put_guest(r, &psp->guest);
	put_chip(r, &psp->chip);
	r->vmpl = req->vmpl;
	memcpy(r->report_data, req->report_data, sizeof(r->report_data));
	rsp->status = sign(psp, r);
	if (rsp->status != PSP_SUCCESS) {
		memset(r, 0, sizeof(*r));
	}
	return rsp->status;
}
