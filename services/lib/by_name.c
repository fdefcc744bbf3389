/* Finds the call, and sends its reply if it has one. */
#include "by_name.h"

enum err by_name_serve(struct msg_buffer *buffer, const by_name_fn *calls, size_t count)
{
	const struct msg_header *request = &buffer->request;
	struct by_name call = {
		.in = cbor_reader_over(buffer->in, request->payload_bytes),
		.out = wrbuf_over(buffer->out, sizeof(buffer->out)),
		.scratch = buffer->scratch,
		.vmpl = request->vmpl,
	};
	enum err err;

	buffer->reply.payload_bytes = 0;
	if ((request->flags & MSG_BY_NAME) == 0 || request->call >= count ||
	    calls[request->call] == NULL) {
		return ERR_UNSUPPORTED;
	}
	err = calls[request->call](&call);
	if (err == ERR_OK && call.out.failed) {
		err = ERR_NOSPC;
	}
	if (err == ERR_OK) {
		buffer->reply.payload_bytes = (uint32_t)call.out.at;
	}
	return err;
}
