/* QUERY_PROTOCOL: which versions of a protocol are served. Always succeeds. */
#include "core/core.h"
#include "rt/sys.h"

void core_query_protocol(const struct msg_header *request, struct msg_header *reply)
{
	uint32_t protocol = (uint32_t)(request->rcx >> 32);
	uint32_t version = (uint32_t)request->rcx;
	uint64_t versions = sys_protocol(protocol);
	uint32_t highest = (uint32_t)(versions >> 32);
	uint32_t lowest = (uint32_t)versions;

	reply->flags = MSG_SET_RCX;
	if (version >= lowest && version <= highest) {
		reply->rcx = versions;
	}
}
