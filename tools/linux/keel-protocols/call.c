/* services/client on a Linux CPU. No kernel header is seen here. */
#include "call.h"

#include <stdint.h>

#include "client/client.h"
#include "cpu/linux_cpu.h"

#define ATTEMPTS 1000

unsigned long long call_area(void)
{
	return linux_cpu_calling_area();
}

int call_query_protocol(void *caa, unsigned int protocol, unsigned int version,
			unsigned long long *versions)
{
	struct client client = {.ops = &linux_cpu_ops, .caa = caa, .attempts = ATTEMPTS};
	uint64_t answer = 0;
	enum err err = client_query_protocol(&client, protocol, version, &answer);

	*versions = answer;
	return (int)err;
}
