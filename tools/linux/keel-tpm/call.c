/* services/client on a Linux CPU. No kernel header is seen here. */
#include "call.h"

#include <stddef.h>
#include <stdint.h>

#include "client/client.h"
#include "cpu/linux_cpu.h"

/* Enough for calls that are answered at once, and a bound should they not be. */
#define ATTEMPTS 1000

unsigned long long call_area(void)
{
	return linux_cpu_calling_area();
}

static enum call_outcome outcome(enum err err, uint32_t result)
{
	if (err == ERR_AGAIN) {
		return result == SVSM_ERR_BUSY ? CALL_BUSY : CALL_UNFINISHED;
	}
	return err == ERR_OK && result == SVSM_SUCCESS ? CALL_DONE : CALL_FAILED;
}

enum call_outcome call_find_tpm(void *caa, _Bool *is_there)
{
	struct client client = {.ops = &linux_cpu_ops, .caa = caa, .attempts = ATTEMPTS};
	uint64_t versions = 0;
	uint64_t commands = 0;
	uint32_t result = SVSM_SUCCESS;
	enum err err =
		client_query_protocol(&client, SVSM_PROTOCOL_VTPM, SVSM_VTPM_VERSION, &versions);

	if (err == ERR_OK && versions != 0) {
		err = client_vtpm_query(&client, &commands, &result);
	}
	*is_there = (commands >> VTPM_TPM_SEND_COMMAND & 1) != 0;
	return outcome(err, result);
}

enum call_outcome call_tpm(void *caa, unsigned long long page_gpa, unsigned int *error)
{
	struct client client = {.ops = &linux_cpu_ops, .caa = caa, .attempts = 1};
	uint32_t result = SVSM_SUCCESS;
	enum err err = client_vtpm_command(&client, page_gpa, &result);

	*error = result;
	return outcome(err, result);
}

int call_pack(void *page, const void *command, unsigned long bytes)
{
	return client_vtpm_pack(page, command, bytes) == ERR_OK ? 0 : -1;
}

long call_unpack(const void *page, void *response, unsigned long capacity)
{
	size_t bytes = 0;

	return client_vtpm_unpack(page, response, capacity, &bytes) == ERR_OK ? (long)bytes : -1;
}
