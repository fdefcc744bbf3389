/*
 * Hostile guest messages. An input is up to four of them, each: a byte of flags, a length and the
 * message from its algorithm on. A flag makes the target seal a message under its VMPCK and with
 * the next number, as a guest that has the keys would, so that bodies are reached.
 */
#include "fuzz.h"

#include "aead.h"
#include "base/buf.h"
#include "psp.h"

#define MESSAGES_MAX 4
#define FLAG_SEAL    0x01
#define FLAG_NUMBER  0x02 /* the number is right, too */

struct page {
	struct guest_msg_header header;
	uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
};

static struct psp psp;
static struct page request;
static struct page response;

static void start(void)
{
	static const struct psp_chip chip = {.tcb = PSP_TCB(4, 0, 22, 213), .report_version = 5};
	static struct psp_guest guest;
	struct p384_key vcek = psp.vcek;
	bool has_vcek = psp.has_vcek;

	for (uint8_t i = 0; i < PSP_VMPCKS; i++) {
		memset(guest.vmpck[i], 0x11 * (i + 1), VMPCK_BYTES);
	}
	FUZZ_CHECK(psp_init(&psp, &chip, &guest) == ERR_OK);
	/* The same each time, and slow to make. */
	psp.vcek = vcek;
	psp.has_vcek = has_vcek;
}

static struct aead_text text_of(struct page *page, uint8_t iv[AEAD_IV_BYTES])
{
	memset(iv, 0, AEAD_IV_BYTES);
	memcpy(iv, &page->header.sequence, sizeof(page->header.sequence));
	return (struct aead_text){
		.aad = (const uint8_t *)&page->header + GUEST_MSG_AAD_OFFSET,
		.aad_bytes = GUEST_MSG_AAD_BYTES,
		.in = page->payload,
		.out = page->payload,
		.bytes = page->header.payload_bytes,
	};
}

static void seal(uint8_t flags)
{
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text;

	if (request.header.vmpck >= PSP_VMPCKS ||
	    request.header.payload_bytes > GUEST_MSG_PAYLOAD_MAX) {
		return;
	}
	if ((flags & FLAG_NUMBER) != 0) {
		request.header.sequence = psp.counts[request.header.vmpck] + 1;
	}
	text = text_of(&request, iv);
	FUZZ_CHECK(aead_seal(psp.guest.vmpck[request.header.vmpck], iv, &text,
			     request.header.auth_tag) == ERR_OK);
}

/* A response opens under the request's key, is of its type, and says the status in its body. */
static void check_response(uint32_t status)
{
	uint8_t iv[AEAD_IV_BYTES];
	struct aead_text text = text_of(&response, iv);
	uint32_t raw;

	FUZZ_CHECK(response.header.sequence == request.header.sequence + 1);
	FUZZ_CHECK(response.header.type == request.header.type + 1);
	FUZZ_CHECK(response.header.vmpck == request.header.vmpck);
	FUZZ_CHECK(response.header.payload_bytes % GUEST_MSG_PAYLOAD_ALIGN == 0);
	FUZZ_CHECK(aead_open(psp.guest.vmpck[request.header.vmpck], iv, &text,
			     response.header.auth_tag) == ERR_OK);
	memcpy(&raw, response.payload, sizeof(raw));
	FUZZ_CHECK(raw == status);
	FUZZ_CHECK(status == PSP_SUCCESS || status == PSP_INVALID_PARAM ||
		   status == PSP_INVALID_KEY);
}

static void ask(void)
{
	static struct page before;
	struct psp_result result;
	uint64_t counts[PSP_VMPCKS];

	memcpy(counts, psp.counts, sizeof(counts));
	before = response;
	result = psp_request(&psp, (const uint8_t *)&request, (uint8_t *)&response);
	if (result.firmware == PSP_SUCCESS) {
		counts[request.header.vmpck] += 2;
		check_response(result.status);
	} else {
		FUZZ_CHECK(memcmp(&before, &response, sizeof(response)) == 0);
	}
	FUZZ_CHECK(memcmp(counts, psp.counts, sizeof(counts)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct rdbuf in = rdbuf_over(data, bytes);

	start();
	for (unsigned int i = 0; i < MESSAGES_MAX && rdbuf_left(&in) > 0; i++) {
		uint8_t flags = rdbuf_u8(&in);
		size_t length = rdbuf_u16(&in);

		memset(&request, 0, sizeof(request));
		if (length > sizeof(request) - GUEST_MSG_AAD_OFFSET) {
			length = sizeof(request) - GUEST_MSG_AAD_OFFSET;
		}
		(void)rdbuf_copy(&in, (uint8_t *)&request + GUEST_MSG_AAD_OFFSET, length);
		if ((flags & FLAG_SEAL) != 0) {
			seal(flags);
		}
		ask();
	}
	return 0;
}
