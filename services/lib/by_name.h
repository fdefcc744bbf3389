/*
 * Calls by name as a table, with a function for each call. A function decodes its request from
 * front to back, asks cbor_end() before it uses anything of it, acts, and writes its reply.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/cbor.h"
#include "msg/msg.h"

struct by_name {
	struct cbor_reader in; /* the request, hostile */
	struct wrbuf out; /* the reply; of a call that fails nothing is sent */
	uint8_t *scratch; /* MSG_SCRATCH_BYTES, the call's own until it is over */
	uint32_t vmpl; /* of the caller */
};

typedef enum err (*by_name_fn)(struct by_name *call);

/*
 * Serves the request in `buffer` from `calls`, whose index is the call's number, and sets the
 * reply's size. ERR_UNSUPPORTED: not by name, or no such call. ERR_NOSPC: the reply did not fit, or
 * text in it was not UTF-8; what the call did is done, so one that changes something had better
 * have a reply that always fits. Else what the call answers.
 */
enum err by_name_serve(struct msg_buffer *buffer, const by_name_fn *calls, size_t count);
