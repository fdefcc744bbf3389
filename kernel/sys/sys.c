/* The table of system calls. What ends a service's turn (reply, yield, exit) is in ipc/run.c. */
#include "sys.h"

#include "arch/cpu.h"
#include "base/compiler.h"
#include "base/overflow.h"
#include "sys/linux.h"

/* What these allow is done for a caller. While a service starts there is none, and its VMPL 0. */
#define RIGHTS_FOR_CALLERS \
	(SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE | SYS_RIGHT_PAGES | SYS_RIGHT_VCPUS)

struct sys_entry {
	enum err (*serve)(struct sys_call *call);
	uint32_t right; /* 0: everyone's */
};

static const struct sys_entry table[SYS_COUNT] = {
	[SYS_LOG - SYS_BASE] = {sys_log, 0},
	[SYS_TIME_LEFT - SYS_BASE] = {sys_time_left, 0},
	[SYS_COPY_FROM_GUEST - SYS_BASE] = {sys_copy_from_guest, SYS_RIGHT_GUEST_READ},
	[SYS_COPY_TO_GUEST - SYS_BASE] = {sys_copy_to_guest, SYS_RIGHT_GUEST_WRITE},
	[SYS_PAGE_STATE - SYS_BASE] = {sys_page_state, SYS_RIGHT_PAGES},
	[SYS_VCPU_CREATE - SYS_BASE] = {sys_vcpu_create, SYS_RIGHT_VCPUS},
	[SYS_VCPU_DELETE - SYS_BASE] = {sys_vcpu_delete, SYS_RIGHT_VCPUS},
	[SYS_REMAP_CA - SYS_BASE] = {sys_remap_ca, SYS_RIGHT_VCPUS},
	[SYS_DEPOSIT - SYS_BASE] = {sys_deposit, SYS_RIGHT_PAGES},
	[SYS_WITHDRAW - SYS_BASE] = {sys_withdraw, SYS_RIGHT_PAGES},
	[SYS_PROTOCOL - SYS_BASE] = {sys_protocol, 0},
	[SYS_RANDOM - SYS_BASE] = {sys_random, SYS_RIGHT_RANDOM},
	[SYS_SERVICE - SYS_BASE] = {sys_service, SYS_RIGHT_PEERS},
	[SYS_PEER - SYS_BASE] = {sys_peer, SYS_RIGHT_PEERS},
	[SYS_PSP - SYS_BASE] = {sys_psp, SYS_RIGHT_PSP},
	[SYS_PSP_CERTIFICATES - SYS_BASE] = {sys_psp_certificates, SYS_RIGHT_PSP},
	[SYS_VMPCK - SYS_BASE] = {sys_vmpck, SYS_RIGHT_PSP},
	[SYS_MEMORY - SYS_BASE] = {sys_memory, 0},
	[SYS_LAUNCH_SECRET - SYS_BASE] = {sys_launch_secret, SYS_RIGHT_LAUNCH},
};

static enum err serve(struct sys_call *call, uint64_t raw_number)
{
	const uint64_t index = raw_number - SYS_BASE;
	const struct sys_entry *entry;
	enum err err;

	if (index >= SYS_COUNT || table[index].serve == NULL) {
		return ERR_UNSUPPORTED;
	}
	entry = &table[index];
	if ((call->entry->rights & entry->right) != entry->right ||
	    (call->vmpl == 0 && (entry->right & RIGHTS_FOR_CALLERS) != 0)) {
		sys_notice(call, "service %s: no right to system call %lx", call->entry->name,
			   raw_number);
		return ERR_DENIED;
	}
	err = entry->serve(call);
	if (err == ERR_INVALID || err == ERR_DENIED || err == ERR_NOMEM) {
		sys_notice(call, "service %s: system call %lx refused (error %d)",
			   call->entry->name, raw_number, err);
	}
	return err;
}

void sys_dispatch(struct sys_call *call, struct user_ctx *ctx)
{
	if (ctx->rax < SYS_BASE && (call->entry->rights & SYS_RIGHT_LINUX) != 0) {
		linux_dispatch(call, ctx);
		return;
	}
	call->args[0] = ctx->rdi;
	call->args[1] = ctx->rsi;
	call->args[2] = ctx->rdx;
	call->args[3] = ctx->r10;
	call->value = 0;
	ctx->rax = (uint64_t)serve(call, ctx->rax);
	ctx->rdx = call->value;
}

void *sys_buffer(const struct sys_call *call, uint64_t raw_offset, uint64_t raw_bytes)
{
	if (!range_within(raw_offset, raw_bytes, 0, sizeof(*call->msg))) {
		return NULL;
	}
	return (uint8_t *)call->msg + raw_offset;
}

uint64_t sys_ticks_left(const struct sys_call *call)
{
	uint64_t used = arch_ticks() - call->start;

	return used < call->budget ? call->budget - used : 0;
}
