/* Finds the service of a protocol; everything else is the service's business. */
#include "route.h"

#include "ipc/message.h"
#include "ipc/service.h"
#include "svsm/core.h"
#include "svsm/keel.h"
#include "svsm/result.h"

void route_dispatch(struct route_call *call)
{
	struct service *service = service_find(call->protocol);
	enum err err;

	if (service == NULL && call->protocol == SVSM_PROTOCOL_KEEL) {
		message_dispatch(call);
		return;
	}
	if (service == NULL) {
		call->result = SVSM_ERR_UNSUPPORTED_PROTOCOL;
		return;
	}
	err = service_call(service, call);
	if (err != ERR_OK) {
		call->result = svsm_result(err);
	}
}

uint64_t route_versions(uint32_t protocol)
{
	const struct service *service = service_find(protocol);
	const struct service_entry *entry;

	if (protocol == SVSM_PROTOCOL_KEEL) {
		return SVSM_PROTOCOL_VERSIONS(SVSM_KEEL_VERSION, SVSM_KEEL_VERSION);
	}
	if (service == NULL || !service_is_up(service)) {
		return 0;
	}
	entry = service_entry_of(service);
	return SVSM_PROTOCOL_VERSIONS(entry->version_max, entry->version_min);
}
