/* Routes the calls of protocol 0. */
#include "core/core.h"

#include <stddef.h>

#include "base/compiler.h"
#include "rt/service.h"
#include "svsm/protocol.h"

typedef void core_call_fn(const struct msg_header *request, struct msg_header *reply);

static core_call_fn *const core_calls[] = {
	[SVSM_CORE_REMAP_CA] = core_remap_ca,
	[SVSM_CORE_PVALIDATE] = core_pvalidate,
	[SVSM_CORE_CREATE_VCPU] = core_vcpu_create,
	[SVSM_CORE_DELETE_VCPU] = core_vcpu_delete,
	[SVSM_CORE_DEPOSIT_MEM] = core_mem_deposit,
	[SVSM_CORE_WITHDRAW_MEM] = core_mem_withdraw,
	[SVSM_CORE_QUERY_PROTOCOL] = core_query_protocol,
	[SVSM_CORE_CONFIGURE_VTOM] = core_vtom_configure,
};

enum err service_init(void)
{
	return ERR_OK;
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	uint32_t call = request->call;

	if (request->protocol != SVSM_PROTOCOL_CORE) {
		reply->result = SVSM_ERR_UNSUPPORTED_PROTOCOL;
		return;
	}
	/* Every call acts for a guest's vCPU; another service has none. */
	if ((request->flags & MSG_FROM_PEER) != 0) {
		reply->result = SVSM_ERR_INVALID_REQUEST;
		return;
	}
	if (call >= ARRAY_SIZE(core_calls) || core_calls[call] == NULL) {
		reply->result = SVSM_ERR_UNSUPPORTED_CALL;
		return;
	}
	core_calls[call](request, reply);
}
