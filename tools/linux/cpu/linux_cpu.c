/* The client saves and restores the GHCB MSR, so Linux's own GHCB is left as it was. */
#include "cpu/linux_cpu.h"

#define MSR_GHCB UINT32_C(0xC0010130)
#define MSR_CAA	 UINT32_C(0xC001F000)

static uint64_t rdmsr(uint32_t msr)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return ((uint64_t)high << 32) | low;
}

static uint64_t ghcb_msr_read(void *context)
{
	(void)context;
	return rdmsr(MSR_GHCB);
}

static void ghcb_msr_write(void *context, uint64_t value)
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

uint64_t linux_cpu_calling_area(void)
{
	return rdmsr(MSR_CAA);
}

const struct client_ops linux_cpu_ops = {
	.ghcb_msr_read = ghcb_msr_read,
	.ghcb_msr_write = ghcb_msr_write,
	.vmgexit = vmgexit,
};
