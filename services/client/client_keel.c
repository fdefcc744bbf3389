/* Keel's message protocol, typed: the list of services, and calls by name. */
#include "client/client_keel.h"

#include <stdbool.h>

#include "base/mem.h"

/* More services than an image can have; an SVSM that names more has no end of them. */
#define LIST_MAX 256

static enum err keel_call(struct client *client, struct client_call *call, uint32_t *result)
{
	enum err err = client_call(client, call);

	if (err == ERR_OK || err == ERR_AGAIN) {
		*result = (uint32_t)call->rax;
	}
	return err;
}

enum err client_keel_list(struct client *client, uint64_t index,
			  struct client_keel_service *service, uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, SVSM_KEEL_LIST),
		.rcx = index,
	};
	enum err err = keel_call(client, &call, result);

	if (err != ERR_OK || *result != SVSM_SUCCESS) {
		return err;
	}
	*service = (struct client_keel_service){
		.protocol = (uint32_t)call.rdx,
		.flags = (uint32_t)(call.rdx >> 32),
		.version_min = (uint32_t)call.rcx,
		.version_max = (uint32_t)(call.rcx >> 32),
	};
	memcpy(service->name, &call.r8, sizeof(call.r8));
	memcpy(service->name + sizeof(call.r8), &call.r9, sizeof(call.r9));
	return ERR_OK;
}

/* Is the field this name, with nothing but NULs behind it? */
static bool is_name(const uint8_t field[SVSM_KEEL_NAME_BYTES], const char *name)
{
	size_t at = 0;

	while (at < SVSM_KEEL_NAME_BYTES && name[at] != '\0') {
		if (field[at] != (uint8_t)name[at]) {
			return false;
		}
		at++;
	}
	/* A name that is too long has something left here. */
	return at < SVSM_KEEL_NAME_BYTES ? field[at] == 0 : name[at] == '\0';
}

enum err client_keel_find(struct client *client, const char *name,
			  struct client_keel_service *service)
{
	struct client_keel_service next;
	uint32_t result = SVSM_SUCCESS;

	for (uint64_t i = 0; i < LIST_MAX; i++) {
		enum err err = client_keel_list(client, i, &next, &result);

		if (err != ERR_OK) {
			return err;
		}
		if (result != SVSM_SUCCESS) {
			return ERR_UNSUPPORTED;
		}
		if (is_name(next.name, name)) {
			*service = next;
			return ERR_OK;
		}
	}
	return ERR_UNSUPPORTED;
}

/* Results that are not about room leave RCX as it was or without meaning. */
static uint32_t bytes_of(const struct svsm_keel_call *call, uint64_t rcx, uint32_t result)
{
	bool is_room = rcx > call->reply_bytes && rcx <= SVSM_KEEL_BYTES_MAX;

	if (result == SVSM_SUCCESS || (result == SVSM_ERR_INVALID_PARAMETER && is_room)) {
		return (uint32_t)rcx;
	}
	return 0;
}

enum err client_keel_call(struct client *client, const struct svsm_keel_call *call,
			  uint64_t call_gpa, uint32_t *bytes, uint32_t *result)
{
	struct client_call registers = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, SVSM_KEEL_CALL),
		.rcx = call_gpa,
	};
	enum err err = keel_call(client, &registers, result);

	if (err != ERR_OK) {
		return err;
	}
	if (*result == SVSM_SUCCESS && registers.rcx > call->reply_bytes) {
		return ERR_FORMAT;
	}
	*bytes = bytes_of(call, registers.rcx, *result);
	return ERR_OK;
}
