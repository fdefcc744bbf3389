/* Answers messages with themselves. Its payloads are plain bytes: CBOR is no matter of carrying. */
#include "echo.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "svsm/protocol.h"

enum err service_init(void)
{
	return ERR_OK;
}

static void back(const struct msg_header *request, struct msg_header *reply)
{
	struct msg_buffer *buffer = service_buffer(reply);
	uint32_t yields = request->payload_bytes > 0 ? buffer->in[0] : 0;

	for (uint32_t i = 0; i < yields && reply->result == SVSM_SUCCESS; i++) {
		if (sys_yield() != ERR_OK) {
			reply->result = SVSM_ERR_INVALID_REQUEST;
		}
	}
	memcpy(buffer->out, buffer->in, request->payload_bytes);
	reply->payload_bytes = request->payload_bytes;
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	if ((request->flags & MSG_BY_NAME) == 0) {
		reply->result = SVSM_ERR_UNSUPPORTED_CALL;
		return;
	}
	switch (request->call) {
	case ECHO_BACK:
		back(request, reply);
		break;
	case ECHO_DIE:
		sys_exit();
	case ECHO_TOO_MUCH:
		reply->payload_bytes = MSG_PAYLOAD_BYTES + 1;
		break;
	case ECHO_VERSION:
		service_buffer(reply)->out[0] = (uint8_t)request->rcx;
		reply->payload_bytes = 1;
		break;
	default:
		reply->result = SVSM_ERR_UNSUPPORTED_CALL;
		break;
	}
}
