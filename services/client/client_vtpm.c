/* Protocol 2, typed. */
#include "base/mem.h"
#include "client/client.h"

static enum err vtpm_call(struct client *client, struct client_call *call, uint32_t *result)
{
	enum err err = client_call(client, call);

	if (err == ERR_OK || err == ERR_AGAIN) {
		*result = (uint32_t)call->rax;
	}
	return err;
}

enum err client_vtpm_query(struct client *client, uint64_t *commands, uint32_t *result)
{
	struct client_call call = {.rax = SVSM_CALL(SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY)};
	enum err err = vtpm_call(client, &call, result);

	if (err == ERR_OK && *result == SVSM_SUCCESS) {
		*commands = call.rcx;
	}
	return err;
}

enum err client_vtpm_command(struct client *client, uint64_t page_gpa, uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD),
		.rcx = page_gpa,
	};

	return vtpm_call(client, &call, result);
}

enum err client_vtpm_pack(void *page, const void *command, size_t bytes)
{
	struct vtpm_request *request = page;

	if (bytes > sizeof(request->tpm_command)) {
		return ERR_NOSPC;
	}
	request->command = VTPM_TPM_SEND_COMMAND;
	request->locality = 0;
	request->bytes = (uint32_t)bytes;
	memcpy(request->tpm_command, command, bytes);
	return ERR_OK;
}

enum err client_vtpm_unpack(const void *page, void *response, size_t capacity, size_t *bytes)
{
	const struct vtpm_response *answer = page;
	uint32_t raw_bytes = answer->bytes;

	if (raw_bytes > sizeof(answer->tpm_response)) {
		return ERR_FORMAT;
	}
	if (raw_bytes > capacity) {
		return ERR_NOSPC;
	}
	memcpy(response, answer->tpm_response, raw_bytes);
	*bytes = raw_bytes;
	return ERR_OK;
}
