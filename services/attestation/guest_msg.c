/* See guest_msg.h. */
#include "attestation/guest_msg.h"

#include "base/bits.h"
#include "base/mem.h"
#include "lib/crypto/aes_gcm.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "snp/secrets.h"

/* SW_EXITINFO2 of a guest request (publication 56421, section 4.1.7), whole. */
#define STATUS_OK	   UINT64_C(0)
#define STATUS_INVALID_LEN ((uint64_t)GUEST_REQUEST_INVALID_LEN << 32)
#define STATUS_BUSY	   ((uint64_t)GUEST_REQUEST_BUSY << 32)

struct message {
	struct guest_msg_header header;
	uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
};
ABI_SIZE(struct message, PAGE_SIZE);

static struct {
	struct aes_gcm gcm;
	uint64_t sequence; /* the last one used; requests are odd, answers even */
	bool is_open;
	struct message sent;
} channel; /* one call at a time is inside: the service is not re-entrant */

static void make_nonce(uint64_t sequence, uint8_t nonce[AES_GCM_NONCE_BYTES])
{
	memset(nonce, 0, AES_GCM_NONCE_BYTES);
	memcpy(nonce, &sequence, sizeof(sequence));
}

static void close_channel(struct msg_buffer *buffer)
{
	static const char text[] = "the channel to the PSP is closed, its key wiped";

	aes_gcm_wipe(&channel.gcm);
	channel.is_open = false;
	memcpy(buffer->scratch, text, sizeof(text) - 1);
	(void)sys_log(SERVICE_SCRATCH, sizeof(text) - 1);
}

enum err guest_msg_open(struct msg_buffer *buffer)
{
	enum err err = ERR_UNSUPPORTED;

	if (aes_gcm_is_supported()) {
		err = sys_vmpck(SERVICE_SCRATCH);
	}
	if (err == ERR_OK) {
		err = aes_gcm_set_key(&channel.gcm, buffer->scratch);
		mem_wipe(buffer->scratch, VMPCK_BYTES);
	}
	channel.sequence = 0;
	channel.is_open = err == ERR_OK;
	return err;
}

static enum err seal(const struct guest_msg_call *call)
{
	struct message *sent = &channel.sent;
	uint8_t nonce[AES_GCM_NONCE_BYTES];
	struct aes_gcm_message gcm = {
		.nonce = nonce,
		.aad = (const uint8_t *)&sent->header + GUEST_MSG_AAD_OFFSET,
		.aad_bytes = GUEST_MSG_AAD_BYTES,
		.in = call->request,
		.out = sent->payload,
		.bytes = call->request_bytes,
	};

	memset(sent, 0, sizeof(*sent));
	sent->header.sequence = channel.sequence + 1;
	sent->header.algorithm = GUEST_MSG_ALGO_AES_256_GCM;
	sent->header.header_version = GUEST_MSG_HEADER_VERSION;
	sent->header.header_bytes = sizeof(sent->header);
	sent->header.type = call->type;
	sent->header.version = GUEST_MSG_VERSION;
	sent->header.payload_bytes = call->request_bytes;
	/* This number is used up from here on, and so is its answer's. */
	channel.sequence += 2;
	make_nonce(sent->header.sequence, nonce);
	return aes_gcm_seal(&channel.gcm, &gcm, sent->header.auth_tag);
}

/* Sends the same bytes until the PSP has answered them. The answer lies in scratch then. */
static enum err deliver(struct guest_msg_call *call)
{
	uint64_t pages = call->has_certificates ? SYS_PSP_CERTIFICATE_PAGES : 0;
	uint64_t status = 0;
	enum err err = ERR_OK;

	while (err == ERR_OK) {
		memcpy(call->buffer->scratch, &channel.sent, sizeof(channel.sent));
		err = sys_psp(SERVICE_SCRATCH, pages, &status);
		if (err == ERR_OK && status == STATUS_OK) {
			break;
		}
		if (err == ERR_OK && status == STATUS_INVALID_LEN && pages != 0) {
			/* More than there is room for: a report without them is better than none.
			 */
			pages = 0;
		} else if (err == ERR_BUSY || (err == ERR_OK && status == STATUS_BUSY)) {
			err = sys_yield();
		} else {
			err = ERR_HOST;
		}
	}
	call->has_certificates = pages != 0;
	return err;
}

static bool is_answer(const struct guest_msg_header *header, const struct guest_msg_call *call)
{
	return header->sequence == channel.sequence &&
	       header->algorithm == GUEST_MSG_ALGO_AES_256_GCM &&
	       header->header_version == GUEST_MSG_HEADER_VERSION &&
	       header->header_bytes == sizeof(*header) && header->type == call->type + 1 &&
	       header->version == GUEST_MSG_VERSION && header->vmpck == 0 &&
	       header->payload_bytes <= call->response_bytes;
}

static enum err open_answer(struct guest_msg_call *call)
{
	const struct message *answer = (const struct message *)(void *)call->buffer->scratch;
	uint8_t nonce[AES_GCM_NONCE_BYTES];
	struct aes_gcm_message gcm = {
		.nonce = nonce,
		.aad = (const uint8_t *)&answer->header + GUEST_MSG_AAD_OFFSET,
		.aad_bytes = GUEST_MSG_AAD_BYTES,
		.in = answer->payload,
		.out = call->response,
		.bytes = answer->header.payload_bytes,
	};

	if (!is_answer(&answer->header, call)) {
		return ERR_FORMAT;
	}
	call->response_bytes = answer->header.payload_bytes;
	make_nonce(answer->header.sequence, nonce);
	return aes_gcm_open(&channel.gcm, &gcm, answer->header.auth_tag);
}

enum err guest_msg_exchange(struct guest_msg_call *call)
{
	enum err err;

	if (!channel.is_open) {
		return ERR_REQUEST;
	}
	err = seal(call);
	if (err == ERR_OK) {
		err = deliver(call);
	}
	if (err == ERR_OK) {
		err = open_answer(call);
	}
	if (err != ERR_OK) {
		close_channel(call->buffer);
		return ERR_HOST;
	}
	return ERR_OK;
}
