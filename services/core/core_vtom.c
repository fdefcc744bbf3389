/*
 * CONFIGURE_VTOM: a virtual top of memory is not offered. The query says so; everything else is
 * refused, with a well-formed request told from a malformed one.
 */
#include "base/bits.h"
#include "core/core.h"
#include "svsm/protocol.h"

#define VTOM_QUERY_RESERVED	MASK(63, 1)
#define VTOM_CONFIGURE_RESERVED MASK(11, 5)

void core_vtom_configure(const struct msg_header *request, struct msg_header *reply)
{
	uint64_t rcx = request->rcx;
	bool is_query = (rcx & SVSM_VTOM_QUERY) != 0;
	uint64_t reserved = is_query ? VTOM_QUERY_RESERVED : VTOM_CONFIGURE_RESERVED;

	if ((rcx & reserved) != 0) {
		reply->result = SVSM_ERR_INVALID_FORMAT;
		return;
	}
	if (!is_query) {
		reply->result = SVSM_ERR_INVALID_REQUEST;
		return;
	}
	reply->flags = MSG_SET_RCX;
}
