/* See probe.h. */
#include "probe.h"

#include "ghcb.h"
#include "host.h"
#include "memory.h"

static uint64_t describe(uint64_t gpa)
{
	const struct rmp_entry *e;
	uint64_t spa;
	uint64_t answer;

	if (!memory_find(gpa, &spa)) {
		return PROBE_NO_MEMORY;
	}
	e = rmp_entry(&host_rmp, spa);
	answer = e->flags | (uint64_t)e->size << 8;
	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		answer |= (uint64_t)e->perms[vmpl] << (8 + 8 * vmpl);
	}
	return answer;
}

void probe_event(struct ghcb_call *call)
{
	GHCB_SET(call, rax, describe(call->request.info_1));
}
