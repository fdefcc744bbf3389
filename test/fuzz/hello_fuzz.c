/*
 * The example's message: the input is the request. It is right if refusals carry nothing, and if
 * what is answered keeps the schema, and was a whole message when it came.
 */
#include "fuzz.h"

#include <string.h>

#include "lib/cbor.h"
#include "rt/posix/posix.h"
#include "svsm/hello.h"
#include "svsm/protocol.h"

static struct msg_buffer buffer;
static struct posix_world world = {.buffer = &buffer};

static enum err whole(const void *data, size_t bytes)
{
	struct cbor_reader reader = cbor_reader_over(data, bytes);

	cbor_skip(&reader);
	return cbor_end(&reader);
}

/* docs/cddl/hello-welcome-reply.cddl */
static void check_reply(size_t bytes)
{
	struct cbor_reader reader = cbor_reader_over(buffer.out, bytes);
	size_t text_bytes;

	FUZZ_CHECK(cbor_take_map(&reader) == 2);
	cbor_take_key(&reader, HELLO_REPLY_WELCOME);
	(void)cbor_take_text(&reader, &text_bytes);
	FUZZ_CHECK(text_bytes >= 1 && text_bytes <= 128);
	cbor_take_key(&reader, HELLO_REPLY_VMPL);
	FUZZ_CHECK(cbor_take_uint(&reader) == buffer.request.vmpl);
	FUZZ_CHECK(cbor_end(&reader) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const struct msg_header *reply = &buffer.reply;
	size_t taken = bytes < sizeof(buffer.in) ? bytes : sizeof(buffer.in);

	memset(&buffer, 0, sizeof(buffer));
	memcpy(buffer.in, data, taken);
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .flags = MSG_BY_NAME,
					     .protocol = HELLO_PROTOCOL,
					     .call = HELLO_WELCOME,
					     .vmpl = 2,
					     .payload_bytes = (uint32_t)taken};
	posix_serve(&world);
	FUZZ_CHECK(reply->flags == 0 && world.syscall_count == 0);
	if (reply->result == SVSM_SUCCESS) {
		FUZZ_CHECK(whole(buffer.in, taken) == ERR_OK);
		check_reply(reply->payload_bytes);
	} else {
		FUZZ_CHECK(reply->result == SVSM_ERR_INVALID_FORMAT ||
			   reply->result == SVSM_ERR_INVALID_PARAMETER);
		FUZZ_CHECK(reply->payload_bytes == 0);
	}
	return 0;
}
