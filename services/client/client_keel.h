/* Keel's own message protocol, typed (svsm/keel.h, docs/message-protocol.md). */
#pragma once

#include <stdint.h>

#include "client/client.h"
#include "svsm/keel.h"

/* A service as the list has it. */
struct client_keel_service {
	uint8_t name[SVSM_KEEL_NAME_BYTES]; /* NUL padded */
	uint32_t protocol;
	uint32_t flags; /* SVSM_KEEL_* */
	uint32_t version_min;
	uint32_t version_max;
};

/* The service at a place in the list, from 0. SVSM_ERR_INVALID_PARAMETER: the list is shorter. */
enum err client_keel_list(struct client *client, uint64_t index,
			  struct client_keel_service *service, uint32_t *result);

/*
 * The service of this name, in the list; whoever calls it next picks a version of those it names.
 * ERR_UNSUPPORTED: there is none, or no such list.
 */
enum err client_keel_find(struct client *client, const char *name,
			  struct client_keel_service *service);

/*
 * Calls a service by name. `call` lies in private memory, at call_gpa, and is filled in; request
 * and reply are where it says. `bytes` is stored with ERR_OK: with SVSM_SUCCESS how many the reply
 * has, with SVSM_ERR_INVALID_PARAMETER how many it needs, where the room was the reason, and 0 with
 * every other result.
 *
 * ERR_AGAIN: as client_call(), and `result` is SVSM_ERR_INCOMPLETE or SVSM_ERR_BUSY. The same call
 * is to be made again from this vCPU, with nothing changed, so that a guest with small `attempts`
 * can do something else meanwhile.
 */
enum err client_keel_call(struct client *client, const struct svsm_keel_call *call,
			  uint64_t call_gpa, uint32_t *bytes, uint32_t *result);
