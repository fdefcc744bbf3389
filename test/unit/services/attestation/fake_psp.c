/* See fake_psp.h. */
#include "fake_psp.h"

#include <string.h>

#include "base/bits.h"
#include "base/err.h"
#include "lib/crypto/aes_gcm.h"
#include "msg/sys.h"

#define AAD_AT offsetof(struct guest_msg_header, algorithm)

#define SAYS_INVALID_LEN BIT(32)
#define SAYS_BUSY	 BIT(33)

struct message {
	struct guest_msg_header header;
	uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
};

void fake_psp_start(struct fake_psp *psp)
{
	memset(psp, 0, sizeof(*psp));
	memset(psp->key, 0x4B, sizeof(psp->key));
	psp->sequence = 1;
}

/* Seals or opens the payload in place; the header is complete but for the tag. */
static bool crypt(const uint8_t key[32], struct message *m, bool is_sealing)
{
	struct aes_gcm gcm;
	uint8_t nonce[AES_GCM_NONCE_BYTES] = {0};
	struct aes_gcm_message text = {
		.nonce = nonce,
		.aad = (const uint8_t *)&m->header + AAD_AT,
		.aad_bytes = sizeof(m->header) - AAD_AT,
		.in = m->payload,
		.out = m->payload,
		.bytes = m->header.payload_bytes,
	};

	memcpy(nonce, &m->header.sequence, sizeof(m->header.sequence));
	if (aes_gcm_set_key(&gcm, key) != ERR_OK) {
		return false;
	}
	return (is_sealing ? aes_gcm_seal(&gcm, &text, m->header.auth_tag)
			   : aes_gcm_open(&gcm, &text, m->header.auth_tag)) == ERR_OK;
}

/* What a listener on the way notes: never two messages with one number. */
static void note(struct fake_psp *psp, const uint8_t page[FAKE_PAGE_BYTES])
{
	uint64_t now;
	uint64_t before;

	memcpy(&now, page + offsetof(struct guest_msg_header, sequence), sizeof(now));
	memcpy(&before, psp->last + offsetof(struct guest_msg_header, sequence), sizeof(before));
	if (psp->has_sent &&
	    (now < before || (now == before && memcmp(page, psp->last, FAKE_PAGE_BYTES) != 0))) {
		psp->reused = true;
	}
	memcpy(psp->last, page, FAKE_PAGE_BYTES);
	psp->has_sent = true;
	psp->sent++;
}

/* The firmware's checks of a request, in place. */
static bool take_request(struct fake_psp *psp, struct message *m)
{
	static const uint8_t zeros[sizeof(m->payload)];
	const struct guest_msg_header *h = &m->header;

	return h->sequence == psp->sequence && h->algorithm == GUEST_MSG_ALGO_AES_256_GCM &&
	       h->header_version == 1 && h->header_bytes == sizeof(*h) &&
	       h->type == GUEST_MSG_REPORT_REQ && h->version == 1 && h->vmpck == 0 &&
	       h->payload_bytes == sizeof(psp->asked) && h->reserved_28 == 0 &&
	       h->reserved_38 == 0 && memcmp(h->reserved_3d, zeros, sizeof(h->reserved_3d)) == 0 &&
	       memcmp(m->payload + h->payload_bytes, zeros,
		      sizeof(m->payload) - h->payload_bytes) == 0 &&
	       crypt(psp->key, m, false);
}

void fake_psp_report(const struct guest_report_req *request, struct guest_report *report)
{
	memset(report, 0x5A, sizeof(*report));
	report->version = 3;
	report->vmpl = request->vmpl;
	memcpy(report->report_data, request->report_data, sizeof(report->report_data));
}

/* The answer's payload, as the deed has it. */
static void fill(const struct fake_psp *psp, struct message *m)
{
	struct guest_report_rsp rsp = {.status = 0, .report_bytes = sizeof(rsp.report)};

	fake_psp_report(&psp->asked, &rsp.report);
	m->header.payload_bytes = sizeof(rsp);
	switch ((unsigned int)psp->deed) {
	case FAKE_PSP_STATUS:
		rsp.status = 0x16;
		break;
	case FAKE_PSP_SHORT:
		m->header.payload_bytes = offsetof(struct guest_report_rsp, report);
		break;
	case FAKE_PSP_REPORT_BYTES:
		rsp.report_bytes++;
		break;
	case FAKE_PSP_REPORT_VMPL:
		rsp.report.vmpl = 1;
		break;
	case FAKE_PSP_REPORT_DATA:
		rsp.report.report_data[63] ^= 1;
		break;
	default:
		break;
	}
	memset(m->payload, 0, sizeof(m->payload));
	memcpy(m->payload, &rsp, m->header.payload_bytes);
}

/* Before it is sealed: true answers to something else. */
static void bend_header(enum fake_psp_deed deed, struct guest_msg_header *h)
{
	switch ((unsigned int)deed) {
	case FAKE_PSP_SEQUENCE:
		h->sequence += 2;
		break;
	case FAKE_PSP_ALGORITHM:
		h->algorithm++;
		break;
	case FAKE_PSP_HEADER_VERSION:
		h->header_version++;
		break;
	case FAKE_PSP_HEADER_BYTES:
		h->header_bytes++;
		break;
	case FAKE_PSP_TYPE:
		h->type = GUEST_MSG_KEY_RSP;
		break;
	case FAKE_PSP_VERSION:
		h->version++;
		break;
	case FAKE_PSP_VMPCK:
		h->vmpck = 2;
		break;
	default:
		break;
	}
}

/* After it was sealed: what a host can do. */
static void bend_bytes(struct fake_psp *psp, struct message *m)
{
	switch ((unsigned int)psp->deed) {
	case FAKE_PSP_TAG:
		m->header.auth_tag[15] ^= 0x80;
		break;
	case FAKE_PSP_PAYLOAD:
		m->payload[0x100] ^= 1;
		break;
	case FAKE_PSP_TRUNCATED:
		m->header.payload_bytes--;
		break;
	case FAKE_PSP_TOO_LONG:
		m->header.payload_bytes = GUEST_MSG_PAYLOAD_MAX + 1;
		break;
	case FAKE_PSP_RESERVED:
		m->header.reserved_3d[34] = 1;
		break;
	case FAKE_PSP_ZEROS:
		memset(m, 0, sizeof(*m));
		break;
	case FAKE_PSP_ECHO:
		memcpy(m, psp->last, sizeof(*m));
		break;
	case FAKE_PSP_REPLAY:
		memcpy(m, psp->first_answer, sizeof(*m));
		break;
	default:
		break;
	}
}

static void answer(struct fake_psp *psp, struct message *m)
{
	uint8_t key[32];

	memcpy(key, psp->key, sizeof(key));
	key[0] ^= psp->deed == FAKE_PSP_OTHER_KEY ? 1 : 0;
	memcpy(&psp->asked, m->payload, sizeof(psp->asked));
	memset(&m->header, 0, sizeof(m->header));
	m->header.sequence = psp->sequence + 1;
	m->header.algorithm = GUEST_MSG_ALGO_AES_256_GCM;
	m->header.header_version = 1;
	m->header.header_bytes = sizeof(m->header);
	m->header.type = GUEST_MSG_REPORT_RSP;
	m->header.version = 1;
	fill(psp, m);
	bend_header(psp->deed, &m->header);
	(void)crypt(key, m, true);
	bend_bytes(psp, m);
	if (psp->answered == 0) {
		memcpy(psp->first_answer, m, sizeof(*m));
	}
	psp->sequence += 2;
	psp->answered++;
}

/* Errors that keep the PSP from answering; false when there is none. */
static bool fails(struct fake_psp *psp, uint64_t pages, uint64_t *err, uint64_t *status)
{
	*err = ERR_OK;
	*status = 0;
	if (psp->busy != 0) {
		psp->busy--;
		*status = psp->kernel_busy ? 0 : SAYS_BUSY;
		*err = psp->kernel_busy ? ERR_BUSY : ERR_OK;
		return true;
	}
	if (pages != 0 && psp->wants_pages) {
		*status = SAYS_INVALID_LEN;
	} else if (psp->deed == FAKE_PSP_FIRMWARE_ERROR) {
		*status = 0x16;
	} else if (psp->deed == FAKE_PSP_HOST_ERROR) {
		*status = BIT(34);
	} else if (psp->deed == FAKE_PSP_INVALID_LEN && pages == 0) {
		*status = SAYS_INVALID_LEN;
	} else if (psp->deed == FAKE_PSP_BOTH_ERRORS) {
		*status = SAYS_BUSY | 0x16;
	} else if (psp->deed == FAKE_PSP_NO_CALL) {
		*err = ERR_HOST;
	}
	return *status != 0 || *err != ERR_OK;
}

uint64_t fake_psp_request(struct fake_psp *psp, uint8_t page[FAKE_PAGE_BYTES], uint64_t pages,
			  uint64_t *status)
{
	struct message m;
	uint64_t err;

	psp->pages_offered = pages;
	note(psp, page);
	if (fails(psp, pages, &err, status)) {
		return err;
	}
	memcpy(&m, page, sizeof(m));
	if (!take_request(psp, &m)) {
		psp->misused = true;
		*status = 0x16;
		return ERR_OK;
	}
	answer(psp, &m);
	memcpy(page, &m, sizeof(m));
	return ERR_OK;
}

uint64_t fake_psp_certificates(const struct fake_psp *psp, uint64_t index,
			       uint8_t page[FAKE_PAGE_BYTES], uint64_t *pages)
{
	*pages = psp->certificate_pages;
	if (index >= SYS_PSP_CERTIFICATE_PAGES || psp->pages_offered == 0) {
		return ERR_INVALID;
	}
	memcpy(page, psp->certificates + index * FAKE_PAGE_BYTES, FAKE_PAGE_BYTES);
	return ERR_OK;
}
