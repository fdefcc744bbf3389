/* services/client on a Linux CPU. No kernel header is seen here. */
#include "call.h"

#include <stdint.h>

#include "base/mem.h"
#include "client/client.h"
#include "client/client_keel.h"
#include "cpu/linux_cpu.h"

/* Enough for a call that is answered at once, and a bound should it not be. */
#define ATTEMPTS 1000

_Static_assert(sizeof(struct svsm_keel_call) <= sizeof(struct call_room), "the room is enough");

unsigned long long call_area(void)
{
	return linux_cpu_calling_area();
}

_Bool call_is_offered(void *caa)
{
	struct client client = {.ops = &linux_cpu_ops, .caa = caa, .attempts = ATTEMPTS};
	uint64_t versions = 0;

	return client_query_protocol(&client, SVSM_PROTOCOL_KEEL, SVSM_KEEL_VERSION, &versions) ==
		       ERR_OK &&
	       versions != 0;
}

void call_fill(struct call_room *room, const struct call_message *message)
{
	struct svsm_keel_call call = {
		.version = message->version,
		.call = message->call,
		.request_gpa = message->request_gpa,
		.request_bytes = message->request_bytes,
		.reply_gpa = message->reply_gpa,
		.reply_bytes = message->reply_bytes,
	};

	memcpy(call.name, message->name, sizeof(call.name));
	memset(room, 0, sizeof(*room));
	memcpy(room, &call, sizeof(call));
}

enum call_outcome call_enter(void *caa, const struct call_room *room, unsigned long long room_gpa,
			     unsigned int *bytes, unsigned int *result)
{
	struct client client = {.ops = &linux_cpu_ops, .caa = caa, .attempts = 1};
	struct svsm_keel_call call;
	enum err err;

	memcpy(&call, room, sizeof(call));
	*bytes = 0;
	err = client_keel_call(&client, &call, room_gpa, bytes, result);
	if (err == ERR_AGAIN) {
		return *result == SVSM_ERR_BUSY ? CALL_BUSY : CALL_UNFINISHED;
	}
	return err == ERR_OK ? CALL_ANSWERED : CALL_FAILED;
}
