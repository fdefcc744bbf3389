/* A payload may lie across pages of the guest: each part of a page is one checked copy. */
#include "payload.h"

#include "base/mem.h"
#include "base/overflow.h"
#include "mm/guestmem.h"

static uint32_t part_of(gpa_t at, uint32_t left)
{
	uint64_t room = PAGE_SIZE - gpa_offset(at);

	return left < room ? left : (uint32_t)room;
}

enum err payload_take(const struct route_call *call, struct msg_buffer *msg)
{
	const struct route_payload *p = &call->payload;
	enum err err = ERR_OK;
	uint32_t part;

	if (p->peer != NULL) {
		memcpy(msg->in, p->peer, p->request_bytes);
		return ERR_OK;
	}
	for (uint32_t at = 0; at < p->request_bytes && err == ERR_OK; at += part) {
		gpa_t from = gpa_add(p->request, at);

		part = part_of(from, p->request_bytes - at);
		err = guestmem_read(from, msg->in + at, part, call->vmpl);
	}
	return err;
}

enum err payload_give(struct route_call *call, const struct msg_buffer *msg, uint32_t bytes)
{
	struct route_payload *p = &call->payload;
	enum err err = ERR_OK;
	uint32_t part;

	p->reply_bytes = bytes;
	if (bytes > p->reply_room) {
		return ERR_NOSPC;
	}
	if (p->peer != NULL) {
		memcpy(p->peer, msg->out, bytes);
		return ERR_OK;
	}
	for (uint32_t at = 0; at < bytes && err == ERR_OK; at += part) {
		gpa_t to = gpa_add(p->reply, at);

		part = part_of(to, bytes - at);
		err = guestmem_write(to, msg->out + at, part, call->vmpl);
	}
	return err;
}
