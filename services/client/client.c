/* The calling convention: arguments, pending byte, VMPL switch, proof that the SVSM ran. */
#include "client/client.h"

#include <stdbool.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "snp/ghcb_msr.h"

#define SVSM_VMPL 0

static void ghcb_set_valid(struct ghcb *ghcb, size_t bit)
{
	ghcb->valid_bitmap[bit / 8] |= (uint8_t)(1U << (bit % 8));
}

/* The host's verdict on a RUN_VMPL event. */
static bool event_succeeded(const struct ghcb *ghcb)
{
	return (uint32_t)READ_ONCE(ghcb->exit_info_1) == GHCB_RESULT_OK;
}

static bool switch_by_event(struct client *client, struct client_call *call)
{
	struct ghcb *ghcb = client->ghcb;

	memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
	ghcb->protocol_version = GHCB_PROTOCOL_2;
	ghcb->usage = 0;
	ghcb->exit_code = GHCB_EVENT_RUN_VMPL;
	ghcb->exit_info_1 = SVSM_VMPL;
	ghcb->exit_info_2 = 0;
	ghcb_set_valid(ghcb, GHCB_VALID(exit_code));
	ghcb_set_valid(ghcb, GHCB_VALID(exit_info_1));
	ghcb_set_valid(ghcb, GHCB_VALID(exit_info_2));
	compiler_barrier();
	client->ops->vmgexit(client->context, call);
	compiler_barrier();
	return event_succeeded(ghcb);
}

/* Leaves the MSR as it was found: it may hold the gPA of somebody's GHCB. */
static bool switch_by_msr(struct client *client, struct client_call *call)
{
	uint64_t saved = client->ops->ghcb_msr_read(client->context);
	uint64_t answer;

	client->ops->ghcb_msr_write(client->context,
				    GHCB_MSR_RUN_VMPL_REQ | ((uint64_t)SVSM_VMPL << 32));
	client->ops->vmgexit(client->context, call);
	answer = client->ops->ghcb_msr_read(client->context);
	client->ops->ghcb_msr_write(client->context, saved);
	return (answer & GHCB_MSR_CODE_MASK) == GHCB_MSR_RUN_VMPL_RESP && (answer >> 32) == 0;
}

enum err client_call_once(struct client *client, struct client_call *call, uint8_t pending)
{
	/* The SVSM clears the byte in the area the call was made from, also when it moves the area.
	 */
	uint8_t *byte = &client->caa->call_pending;
	bool host_agrees;

	WRITE_ONCE(*byte, pending);
	compiler_barrier();
	if (client->ghcb != NULL) {
		host_agrees = switch_by_event(client, call);
	} else {
		host_agrees = switch_by_msr(client, call);
	}
	/* An exchange, so that an SVSM that runs late finds nothing to do. */
	if (__atomic_exchange_n(byte, 0, __ATOMIC_SEQ_CST) != 0 || !host_agrees) {
		return ERR_HOST;
	}
	return ERR_OK;
}

static bool is_unfinished(uint64_t rax)
{
	return rax == SVSM_ERR_INCOMPLETE || rax == SVSM_ERR_BUSY;
}

enum err client_call(struct client *client, struct client_call *call)
{
	uint64_t rax = call->rax;

	for (uint32_t i = 0; i < client->attempts; i++) {
		enum err err;

		call->rax = rax;
		err = client_call_once(client, call, 1);
		if (err != ERR_OK || !is_unfinished(call->rax)) {
			return err;
		}
	}
	return ERR_AGAIN;
}
