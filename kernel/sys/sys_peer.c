/*
 * Calls between services. The caller's header is copied before it is looked at; the payload is
 * carried by ipc/payload.c. One level deep: who answers a peer asks none.
 */
#include "base/mem.h"
#include "base/overflow.h"
#include "ipc/service.h"
#include "sys/sys.h"

enum err sys_service(struct sys_call *call)
{
	struct service *service =
		call->args[0] <= UINT32_MAX ? service_at((uint32_t)call->args[0]) : NULL;
	struct sys_service *to = sys_buffer(call, call->args[1], sizeof(*to));
	struct sys_service about;

	if (service == NULL || to == NULL) {
		return ERR_INVALID;
	}
	service_describe(service, &about);
	memcpy(to, &about, sizeof(about));
	return ERR_OK;
}

struct peer_call {
	struct service *target;
	uint8_t *header; /* in the caller's buffer, the payload behind it */
	struct msg_header request;
	uint32_t room;
};

static enum err peer_decode(const struct sys_call *call, struct peer_call *peer)
{
	uint64_t room = call->args[2];

	peer->target = call->args[0] <= UINT32_MAX ? service_at((uint32_t)call->args[0]) : NULL;
	if (peer->target == NULL || room > MSG_PAYLOAD_BYTES) {
		return ERR_INVALID;
	}
	peer->header = sys_buffer(call, call->args[1], sizeof(peer->request) + room);
	if (peer->header == NULL) {
		return ERR_INVALID;
	}
	memcpy(&peer->request, peer->header, sizeof(peer->request));
	if (peer->request.payload_bytes > MSG_PAYLOAD_BYTES ||
	    sys_buffer(call, call->args[1], sizeof(peer->request) + peer->request.payload_bytes) ==
		    NULL) {
		return ERR_INVALID;
	}
	peer->room = (uint32_t)room;
	return call->is_for_peer || service_entry_of(peer->target) == call->entry ? ERR_DENIED
										  : ERR_OK;
}

static void put_answer(struct peer_call *peer, const struct route_call *answer)
{
	struct msg_header reply = {
		.version = MSG_VERSION,
		.protocol = answer->protocol,
		.call = answer->call,
		.rcx = answer->rcx,
		.rdx = answer->rdx,
		.r8 = answer->r8,
		.r9 = answer->r9,
		.result = answer->result,
		.payload_bytes = answer->payload.reply_bytes,
	};

	memcpy(peer->header, &reply, sizeof(reply));
}

enum err sys_peer(struct sys_call *call)
{
	struct peer_call peer;
	struct route_call inner;
	enum err err = peer_decode(call, &peer);

	if (err != ERR_OK) {
		return err;
	}
	inner = (struct route_call){
		.protocol = service_entry_of(peer.target)->protocol,
		.call = peer.request.call,
		.vmpl = call->vmpl,
		.vcpu = call->vcpu,
		.rcx = peer.request.rcx,
		.rdx = peer.request.rdx,
		.r8 = peer.request.r8,
		.r9 = peer.request.r9,
		.flags = MSG_FROM_PEER,
		.payload =
			{
				.peer = peer.header + sizeof(peer.request),
				.request_bytes = peer.request.payload_bytes,
				.reply_room = peer.room,
			},
	};
	err = service_call(peer.target, &inner);
	if (err == ERR_OK) {
		put_answer(&peer, &inner);
		err = inner.payload.reply_bytes > peer.room ? ERR_NOSPC : ERR_OK;
	}
	return err;
}
