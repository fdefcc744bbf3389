/*
 * The channel to the PSP: messages under VMPCK0 (publication 56860, chapter 7).
 *
 * The nonce of AES-GCM is the sequence number, which may never be used for two messages. The PSP
 * takes none but the next, and counts only what it answered; so when it is not certain that it
 * answered this very message, the key is wiped and the channel closed for good. Two answers of the
 * host are certain to mean that the PSP was not asked, and then the same bytes are sent again.
 *
 * A message is sealed in memory that the host does not see, and opened there too: the kernel copies
 * to and from the page that is shared.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "msg/msg.h"
#include "snp/guest_msg.h"

struct guest_msg_call {
	struct msg_buffer *buffer; /* its scratch is used */
	uint8_t type; /* of the request; its answer's is one more */
	const void *request;
	uint16_t request_bytes; /* at most GUEST_MSG_PAYLOAD_MAX */
	void *response;
	uint16_t response_bytes; /* in: what there is room for; out: what the answer has */
	/* In: certificates wanted of the host. Out: there are such. */
	bool has_certificates;
};

/* Takes VMPCK0. ERR_UNSUPPORTED: a CPU that could not keep it secret while it computes. */
enum err guest_msg_open(struct msg_buffer *buffer);

/*
 * ERR_REQUEST: the channel is closed. ERR_HOST: it was closed by this call. On success the response
 * is the PSP's own, complete. May yield.
 */
enum err guest_msg_exchange(struct guest_msg_call *call);
