/*
 * The vTPM service: protocol 2 (docs/calls.md), and its manifest for the attestation service. The
 * TPM itself is behind tpm.h. A guest's page is copied once, looked at in the copy, and overwritten
 * whole, so that nothing of an earlier command or of this service's memory is left in it. A guest
 * that comes back to long work has to have the same command there.
 */
#include "vtpm.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/bits.h"
#include "base/mem.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "svsm/result.h"
#include "tpm.h"

/* Of the scratch area: the copy of the guest's page, and behind it the response. */
struct exchange {
	struct vtpm_request request;
	struct vtpm_response response;
};
_Static_assert(sizeof(struct exchange) <= MSG_SCRATCH_BYTES, "the scratch area has both pages");

#define RESPONSE_OFFSET (SERVICE_SCRATCH + offsetof(struct exchange, response))

enum err service_init(void)
{
	tpm_start(service_init_buffer());
	return ERR_OK;
}

static uint32_t read_be32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

enum err vtpm_decode(const struct vtpm_request *raw_request)
{
	if (raw_request->command != VTPM_TPM_SEND_COMMAND) {
		return ERR_UNSUPPORTED;
	}
	if (raw_request->locality != 0 || raw_request->bytes < VTPM_TPM_HEADER_BYTES ||
	    raw_request->bytes > sizeof(raw_request->tpm_command) ||
	    read_be32(raw_request->tpm_command + sizeof(uint16_t)) != raw_request->bytes) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

static enum err query(struct msg_header *reply)
{
	reply->rcx = BIT(VTPM_TPM_SEND_COMMAND);
	reply->rdx = 0;
	reply->flags = MSG_SET_RCX | MSG_SET_RDX;
	return ERR_OK;
}

/*
 * The command at work as the guest sent it (the TPM may write to its own copy), and its response
 * when that could not be written: another call helped the command to its end, and the guest will
 * make this one again. Not re-entrant.
 */
static struct {
	struct vtpm_request request;
	struct vtpm_response response;
	uint64_t gpa;
	size_t bytes; /* of the request */
	uint32_t vmpl;
	bool is_kept; /* the response has not been delivered, and nothing was executed since */
} last;

static void forget(void)
{
	mem_wipe(&last.request, last.bytes);
	if (last.is_kept) {
		mem_wipe(&last.response, sizeof(last.response));
	}
	last.is_kept = false;
}

static void remember(uint64_t gpa, uint32_t vmpl, const struct vtpm_request *request)
{
	forget();
	last.gpa = gpa;
	last.vmpl = vmpl;
	last.bytes = offsetof(struct vtpm_request, tpm_command) + request->bytes;
	memcpy(&last.request, request, last.bytes);
}

static bool is_last(uint64_t gpa, uint32_t vmpl, const struct vtpm_request *request)
{
	return last.is_kept && last.gpa == gpa && last.vmpl == vmpl &&
	       request->bytes == last.request.bytes &&
	       memcmp(request, &last.request, last.bytes) == 0;
}

/* Kept until it is asked for again, or another command is executed. */
static void keep(const struct vtpm_response *response)
{
	last.response = *response;
	last.is_kept = true;
}

/*
 * The guest ran between two parts of a long command, and may have given it up for another one at
 * the same place: the host can make it. That one must not be taken for done.
 */
static enum err check_still_asked(uint64_t gpa, const struct vtpm_request *copy)
{
	enum err err = sys_copy_from_guest(gpa, SERVICE_SCRATCH, last.bytes);

	return err == ERR_OK && memcmp(copy, &last.request, last.bytes) != 0 ? ERR_BUSY : err;
}

static enum err deliver(uint64_t gpa, struct exchange *pages)
{
	enum err err = check_still_asked(gpa, &pages->request);

	if (err == ERR_OK) {
		err = sys_copy_to_guest(gpa, RESPONSE_OFFSET, sizeof(pages->response));
	}
	if (err == ERR_OK) {
		forget();
	} else {
		keep(&pages->response);
	}
	return err;
}

static enum err exchange(const struct msg_header *request, struct msg_buffer *buffer,
			 struct exchange *pages)
{
	const uint64_t gpa = request->rcx;
	enum err err = sys_copy_from_guest(gpa, SERVICE_SCRATCH, sizeof(pages->request));

	if (err == ERR_OK) {
		err = vtpm_decode(&pages->request);
	}
	if (err != ERR_OK) {
		return err;
	}
	if (is_last(gpa, request->vmpl, &pages->request)) {
		pages->response = last.response;
	} else {
		remember(gpa, request->vmpl, &pages->request);
		memset(&pages->response, 0, sizeof(pages->response));
		tpm_execute(buffer, &pages->request, &pages->response);
	}
	return deliver(gpa, pages);
}

static enum err command(const struct msg_header *request, struct msg_header *reply)
{
	struct msg_buffer *buffer = service_buffer(reply);
	enum err err;

	if (request->rcx == 0 || !is_aligned(request->rcx, PAGE_SIZE)) {
		return ERR_INVALID;
	}
	err = exchange(request, buffer, (void *)buffer->scratch);
	mem_wipe(buffer->scratch, sizeof(struct exchange));
	return err;
}

static enum err manifest(const struct msg_header *request, struct msg_header *reply)
{
	struct msg_buffer *buffer = service_buffer(reply);
	struct wrbuf out = wrbuf_over(buffer->out, sizeof(buffer->out));
	enum err err = tpm_manifest(buffer, request->rcx, &out);

	if (err == ERR_OK) {
		reply->payload_bytes = (uint32_t)out.at;
	}
	return err;
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	bool is_peer = (request->flags & MSG_FROM_PEER) != 0;
	enum err err = ERR_UNSUPPORTED;

	if (is_peer && request->call == MSG_CALL_MANIFEST) {
		err = manifest(request, reply);
	} else if (!is_peer && request->call == SVSM_VTPM_QUERY) {
		err = query(reply);
	} else if (!is_peer && request->call == SVSM_VTPM_CMD) {
		err = command(request, reply);
	}
	reply->result = svsm_result(err);
}
