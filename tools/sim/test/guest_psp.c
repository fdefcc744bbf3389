/*
 * Guest messages: reports, certificates, what PSP and host refuse. The pages are shared memory, so
 * messages are sealed and opened in a copy.
 */
#include "base/mem.h"
#include "guest.h"
#include "model/aead.h"
#include "snp/guest_msg.h"
#include "snp/secrets.h"

#define REQUEST	 UINT64_C(0x810000)
#define RESPONSE UINT64_C(0x811000)
#define CERTS	 UINT64_C(0x812000)

struct message {
	struct guest_msg_header header;
	uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
};
ABI_SIZE(struct message, 4096);

static struct message message;

static void *shared(uint64_t gpa)
{
	return (void *)(gpa + SHARED);
}

/* EXITINFO2 in whole, or the malformed answer. */
static uint64_t ask_psp(uint64_t code, uint64_t certs, uint64_t pages)
{
	GHCB_PUT(rax, certs);
	GHCB_PUT(rbx, pages);
	if (guest_event(code, REQUEST, RESPONSE) >> 32 != 0) {
		return BAD(guest_ghcb()->exit_info_2);
	}
	return guest_ghcb()->exit_info_2;
}

/* A busy host wants the same message again. */
static uint64_t ask_until_done(uint64_t code, uint64_t certs, uint64_t pages)
{
	uint64_t result;

	do {
		result = ask_psp(code, certs, pages);
	} while (result == (uint64_t)GUEST_REQUEST_BUSY << 32);
	return result;
}

static const uint8_t *key_of(unsigned int vmpck)
{
	return ((const struct secrets_page *)SECRETS)->vmpck[vmpck];
}

static struct aead_text text_of(uint8_t iv[AEAD_IV_BYTES])
{
	memset(iv, 0, AEAD_IV_BYTES);
	memcpy(iv, &message.header.sequence, sizeof(message.header.sequence));
	return (struct aead_text){
		.aad = (const uint8_t *)&message.header + GUEST_MSG_AAD_OFFSET,
		.aad_bytes = GUEST_MSG_AAD_BYTES,
		.in = message.payload,
		.out = message.payload,
		.bytes = message.header.payload_bytes,
	};
}

static void make_report_request(unsigned int vmpck, uint64_t sequence, uint32_t vmpl)
{
	struct guest_report_req body = {.vmpl = vmpl};
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text;

	memset(body.report_data, 0x5c, sizeof(body.report_data));
	memset(&message, 0, sizeof(message));
	message.header.sequence = sequence;
	message.header.algorithm = GUEST_MSG_ALGO_AES_256_GCM;
	message.header.header_version = GUEST_MSG_HEADER_VERSION;
	message.header.header_bytes = sizeof(message.header);
	message.header.type = GUEST_MSG_REPORT_REQ;
	message.header.version = GUEST_MSG_VERSION;
	message.header.payload_bytes = sizeof(body);
	message.header.vmpck = (uint8_t)vmpck;
	memcpy(message.payload, &body, sizeof(body));
	text = text_of(iv);
	(void)aead_seal(key_of(vmpck), iv, &text, message.header.auth_tag);
	memcpy(shared(REQUEST), &message, sizeof(message));
}

/* The status inside; BAD(0): no response to that request. */
static uint64_t report_status(unsigned int vmpck, uint64_t sequence, struct guest_report_rsp *rsp)
{
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text;

	memcpy(&message, shared(RESPONSE), sizeof(message));
	text = text_of(iv);
	if (message.header.sequence != sequence || message.header.type != GUEST_MSG_REPORT_RSP ||
	    message.header.vmpck != vmpck || message.header.payload_bytes != sizeof(*rsp) ||
	    aead_open(key_of(vmpck), iv, &text, message.header.auth_tag) != ERR_OK) {
		return BAD(0);
	}
	memcpy(rsp, message.payload, sizeof(*rsp));
	return rsp->status;
}

/* For whoever reads the console and can check signatures. */
static void put_report(const struct guest_report *report)
{
	const uint8_t *bytes = (const uint8_t *)report;

	guest_put_text("report ");
	for (size_t i = 0; i < sizeof(*report); i++) {
		guest_put_char("0123456789abcdef"[bytes[i] >> 4]);
		guest_put_char("0123456789abcdef"[bytes[i] & 15]);
	}
	guest_put_text("\r\n");
}

static void test_reports(void)
{
	const struct guest_cert_entry *certs = shared(CERTS);
	static struct guest_report_rsp rsp;
	uint64_t small;

	guest_share(REQUEST);
	guest_share(RESPONSE);
	guest_share(CERTS);
	make_report_request(0, 1, 1);
	guest_check("PSP: report", ask_until_done(GHCB_EVENT_GUEST_REQUEST, 0, 0), PSP_SUCCESS);
	guest_check("PSP: which is good", report_status(0, 2, &rsp), PSP_SUCCESS);
	guest_check("PSP: the same again", ask_until_done(GHCB_EVENT_GUEST_REQUEST, 0, 0),
		    PSP_AEAD_OFLOW);
	make_report_request(0, 3, 0);
	small = ask_until_done(GHCB_EVENT_EXT_REQUEST, CERTS, 0);
	if (small != PSP_SUCCESS) {
		guest_check("PSP: no room", small, (uint64_t)GUEST_REQUEST_INVALID_LEN << 32);
		guest_check("PSP: pages it takes", guest_ghcb()->rbx, 1);
		guest_check("PSP: extended", ask_until_done(GHCB_EVENT_EXT_REQUEST, CERTS, 1),
			    PSP_SUCCESS);
		guest_check("PSP: certificates", certs[0].offset, 4 * sizeof(certs[0]));
	} else {
		guest_check("PSP: no certificates", certs[0].offset, 0);
	}
	guest_check("PSP: report for VMPL0", report_status(0, 4, &rsp), PSP_SUCCESS);
	put_report(&rsp.report);
}

static void test_refusals(void)
{
	static struct guest_report_rsp rsp;

	make_report_request(0, 3, 0);
	guest_check("PSP: wrong sequence number", ask_until_done(GHCB_EVENT_GUEST_REQUEST, 0, 0),
		    PSP_AEAD_OFLOW);
	make_report_request(0, 1, 0);
	((uint8_t *)shared(REQUEST))[sizeof(struct guest_msg_header)] ^= 1;
	guest_check("PSP: changed message", ask_until_done(GHCB_EVENT_GUEST_REQUEST, 0, 0),
		    PSP_BAD_MEASUREMENT);
	guest_check("PSP: one page", guest_event(GHCB_EVENT_GUEST_REQUEST, REQUEST, REQUEST),
		    BAD(GHCB_BAD_MISSING_INPUT));
	guest_check("PSP: private page", guest_event(GHCB_EVENT_GUEST_REQUEST, REQUEST, AREA_B),
		    BAD(GHCB_BAD_INPUT));
	guest_check("PSP: certificates not aligned",
		    ask_until_done(GHCB_EVENT_EXT_REQUEST, CERTS + 8, 1), BAD(GHCB_BAD_INPUT));
	guest_check("PSP: certificates to private memory",
		    ask_until_done(GHCB_EVENT_EXT_REQUEST, AREA_B, 1), BAD(GHCB_BAD_INPUT));
	make_report_request(2, 1, 1);
	guest_check("PSP: VMPCK2", ask_until_done(GHCB_EVENT_GUEST_REQUEST, 0, 0), PSP_SUCCESS);
	guest_check("PSP: not for VMPL1", report_status(2, 2, &rsp), PSP_INVALID_PARAM);
}

void guest_psp_test(void)
{
	test_reports();
	memset(shared(RESPONSE), 0, PAGE_SIZE);
	test_refusals();
}
