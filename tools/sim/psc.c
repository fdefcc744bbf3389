/* Page state changes that a guest asks for: one by MSR, a list by event. */
#include "model/psc.h"
#include "base/bits.h"
#include "ghcb.h"
#include "host.h"
#include "log.h"
#include "stats.h"

uint64_t psc_perform(const struct context *c, unsigned int operation, uint64_t gpa,
		     enum rmp_page_size size)
{
	enum err err = ERR_OK;

	stats.events[STATS_PSC]++;
	switch (operation) {
	case PSC_OP_PRIVATE:
		err = host_make_private(gpa, size);
		break;
	case PSC_OP_SHARED:
		err = host_make_shared(gpa, size);
		break;
	case PSC_OP_PSMASH:
		host_smash(gpa);
		break;
	case PSC_OP_UNSMASH:
		/* A hint. This host never joins entries. */
		break;
	default:
		return PSC_ERROR_INVALID_ENTRY;
	}
	if (err != ERR_OK) {
		log_line("refused: page state change %u of gpa 0x%lx by VMPL%u rip 0x%lx",
			 operation, gpa, c->vmpl, c->save->rip);
		return PSC_ERROR_GENERIC;
	}
	return 0;
}

void psc_event(struct ghcb_call *call)
{
	struct psc *list = ghcb_scratch(call, sizeof(struct psc_header) + sizeof(uint64_t));
	uint64_t offset = call->request.scratch - call->gpa;
	uint32_t room = (uint32_t)(offsetof(struct ghcb, buffer) + GHCB_BUFFER_BYTES - offset);
	struct psc_step step;
	uint64_t error;

	if (list == NULL) {
		return;
	}
	for (;;) {
		error = psc_next(list, room, &step);
		if (error != 0 || step.operation == 0) {
			break;
		}
		error = psc_perform(call->context, step.operation, step.gpa, step.size);
		if (error != 0) {
			break;
		}
		psc_advance(list, &step);
	}
	ghcb_result(call, 0, error);
}
