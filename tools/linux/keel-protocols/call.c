/*
 * services/client on a Linux CPU: the GHCB MSR protocol by plain instructions. No kernel header is
 * seen here. The client saves and restores the GHCB MSR, so Linux's own GHCB is left as it was.
 */
#include "call.h"

#include <stdint.h>

#include "client/client.h"
#include "snp/ghcb_msr.h"

#define ATTEMPTS 1000
#define MSR_GHCB UINT32_C(0xC0010130)

static uint64_t msr_read(void *context)
{
	uint32_t low;
	uint32_t high;

	(void)context;
	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_GHCB) : "memory");
	return ((uint64_t)high << 32) | low;
}

static void msr_write(void *context, uint64_t value)
{
	(void)context;
	__asm__ volatile("wrmsr"
			 :
			 : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(MSR_GHCB)
			 : "memory");
}

/* Registers that are no arguments stay as they are: the SVSM preserves them. */
static void vmgexit(void *context, struct client_call *call)
{
	register uint64_t r8 __asm__("r8") = call->r8;
	register uint64_t r9 __asm__("r9") = call->r9;

	(void)context;
	__asm__ volatile("rep; vmmcall"
			 : "+a"(call->rax), "+c"(call->rcx), "+d"(call->rdx), "+r"(r8), "+r"(r9)
			 :
			 : "memory");
	call->r8 = r8;
	call->r9 = r9;
}

int call_query_protocol(void *caa, unsigned int protocol, unsigned int version,
			unsigned long long *versions)
{
	static const struct client_ops ops = {
		.ghcb_msr_read = msr_read,
		.ghcb_msr_write = msr_write,
		.vmgexit = vmgexit,
	};
	struct client client = {.ops = &ops, .caa = caa, .attempts = ATTEMPTS};
	uint64_t answer = 0;
	enum err err = client_query_protocol(&client, protocol, version, &answer);

	*versions = answer;
	return (int)err;
}
