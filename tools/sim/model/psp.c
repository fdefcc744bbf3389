/* Guest messages: is one authentic and in order, who answers it, and the way back. */
#include "psp.h"

#include "aead.h"
#include "base/mem.h"
#include "psp_body.h"

_Static_assert(AEAD_KEY_BYTES == VMPCK_BYTES, "a VMPCK is a key of AES-256-GCM");
_Static_assert(AEAD_IV_BYTES == GUEST_MSG_IV_BYTES && AEAD_TAG_BYTES == GUEST_MSG_TAG_BYTES,
	       "the sizes of guest messages are those of GCM");

/* GUEST_TSC_SCALE is a fixed-point number with 32 bits of fraction. */
#define TSC_SCALE_ONE BIT(32)

/* A guest message in memory of our own. */
struct message {
	struct guest_msg_header header;
	union {
		uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
		struct guest_report_req report_req;
		struct guest_report_rsp report_rsp;
		struct guest_key_req key_req;
		struct guest_key_rsp key_rsp;
		struct guest_tsc_info_req tsc_req;
		struct guest_tsc_info_rsp tsc_rsp;
	};
};
ABI_SIZE(struct message, 4096);

enum err psp_init(struct psp *psp, const struct psp_chip *chip, const struct psp_guest *guest)
{
	if (chip->report_version < PSP_REPORT_VERSION_MIN ||
	    chip->report_version > PSP_REPORT_VERSION_MAX) {
		return ERR_INVALID;
	}
	memset(psp, 0, sizeof(*psp));
	psp->chip = *chip;
	psp->guest = *guest;
	return ERR_OK;
}

bool psp_is_zero(const uint8_t *bytes, size_t count)
{
	uint8_t any = 0;

	for (size_t i = 0; i < count; i++) {
		any |= bytes[i];
	}
	return any == 0;
}

/*
 * The firmware does not look at the reserved fields of the header. This PSP does: a guest that sets
 * one has a mistake that a later firmware may punish.
 */
static bool has_good_header(const struct guest_msg_header *h)
{
	return h->algorithm == GUEST_MSG_ALGO_AES_256_GCM &&
	       h->header_version == GUEST_MSG_HEADER_VERSION && h->header_bytes == sizeof(*h) &&
	       h->payload_bytes != 0 && h->payload_bytes % GUEST_MSG_PAYLOAD_ALIGN == 0 &&
	       h->payload_bytes <= GUEST_MSG_PAYLOAD_MAX && h->vmpck < PSP_VMPCKS &&
	       h->reserved_28 == 0 && h->reserved_38 == 0 &&
	       psp_is_zero(h->reserved_3d, sizeof(h->reserved_3d)) &&
	       psp_is_zero(h->auth_tag + AEAD_TAG_BYTES, sizeof(h->auth_tag) - AEAD_TAG_BYTES);
}

/* The payload an answer takes and what it needs; 0: no such request. */
static uint16_t request_bytes(uint8_t type)
{
	switch (type) {
	case GUEST_MSG_KEY_REQ:
		return sizeof(struct guest_key_req);
	case GUEST_MSG_REPORT_REQ:
		return sizeof(struct guest_report_req);
	case GUEST_MSG_TSC_INFO_REQ:
		return sizeof(struct guest_tsc_info_req);
	default:
		return 0;
	}
}

static struct aead_text text_of(struct message *m)
{
	return (struct aead_text){
		.aad = (const uint8_t *)&m->header + GUEST_MSG_AAD_OFFSET,
		.aad_bytes = GUEST_MSG_AAD_BYTES,
		.in = m->payload,
		.out = m->payload,
		.bytes = m->header.payload_bytes,
	};
}

static void make_iv(const struct message *m, uint8_t iv[AEAD_IV_BYTES])
{
	memset(iv, 0, AEAD_IV_BYTES);
	memcpy(iv, &m->header.sequence, sizeof(m->header.sequence));
}

/* Authentic first, then in order: the firmware's sequence of checks decides which code a guest
 * sees. */
static uint32_t unwrap(const struct psp *psp, struct message *m)
{
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text;
	uint64_t count;
	uint16_t least;

	if (!has_good_header(&m->header)) {
		return PSP_INVALID_PARAM;
	}
	text = text_of(m);
	make_iv(m, iv);
	if (aead_open(psp->guest.vmpck[m->header.vmpck], iv, &text, m->header.auth_tag) != ERR_OK) {
		return PSP_BAD_MEASUREMENT;
	}
	count = psp->counts[m->header.vmpck];
	if (count == UINT64_MAX - 1 || m->header.sequence != count + 1) {
		return PSP_AEAD_OFLOW;
	}
	least = request_bytes(m->header.type);
	if (least == 0 || m->header.version != GUEST_MSG_VERSION ||
	    m->header.payload_bytes < least) {
		return PSP_INVALID_PARAM;
	}
	return PSP_SUCCESS;
}

static uint32_t tsc_info(const struct guest_tsc_info_req *req, struct guest_tsc_info_rsp *rsp)
{
	if (!psp_is_zero(req->reserved, sizeof(req->reserved))) {
		rsp->status = PSP_INVALID_PARAM;
		return rsp->status;
	}
	rsp->scale = TSC_SCALE_ONE;
	return PSP_SUCCESS;
}

static uint32_t answer(struct psp *psp, const struct message *req, struct message *rsp)
{
	switch (req->header.type) {
	case GUEST_MSG_KEY_REQ:
		rsp->header.payload_bytes = sizeof(rsp->key_rsp);
		return psp_derive(psp, req->header.vmpck, &req->key_req, &rsp->key_rsp);
	case GUEST_MSG_REPORT_REQ:
		rsp->header.payload_bytes = sizeof(rsp->report_rsp);
		return psp_report(psp, req->header.vmpck, &req->report_req, &rsp->report_rsp);
	default:
		rsp->header.payload_bytes = sizeof(rsp->tsc_rsp);
		return tsc_info(&req->tsc_req, &rsp->tsc_rsp);
	}
}

static enum err wrap(const struct psp *psp, const struct guest_msg_header *req, struct message *rsp)
{
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text;

	rsp->header.sequence = req->sequence + 1;
	rsp->header.algorithm = GUEST_MSG_ALGO_AES_256_GCM;
	rsp->header.header_version = GUEST_MSG_HEADER_VERSION;
	rsp->header.header_bytes = sizeof(rsp->header);
	rsp->header.type = (uint8_t)(req->type + 1);
	rsp->header.version = GUEST_MSG_VERSION;
	rsp->header.vmpck = req->vmpck;
	text = text_of(rsp);
	make_iv(rsp, iv);
	return aead_seal(psp->guest.vmpck[req->vmpck], iv, &text, rsp->header.auth_tag);
}

struct psp_result psp_request(struct psp *psp, const uint8_t request[PAGE_SIZE],
			      uint8_t response[PAGE_SIZE])
{
	struct psp_result result = {0};
	struct message req;
	struct message rsp = {0};

	memcpy(&req, request, sizeof(req));
	result.type = req.header.type;
	result.firmware = unwrap(psp, &req);
	if (result.firmware == PSP_SUCCESS) {
		result.status = answer(psp, &req, &rsp);
		/* Cannot fail: sizes and key are fixed. */
		(void)wrap(psp, &req.header, &rsp);
		psp->counts[req.header.vmpck] += 2;
		memcpy(response, &rsp, sizeof(rsp));
	}
	mem_wipe(&req, sizeof(req));
	mem_wipe(&rsp, sizeof(rsp));
	return result;
}
