/* The table of system calls. What ends a service's turn (reply, yield, exit) is in ipc/run.c. */
#include "sys.h"

#include "arch/cpu.h"
#include "base/compiler.h"
#include "base/overflow.h"
#include "log.h"

struct sys_entry {
	enum err (*serve)(struct sys_call *call);
	uint32_t right; /* 0: everyone's */
};

static const struct sys_entry table[SYS_COUNT] = {
	[SYS_LOG] = {sys_log, 0},
	[SYS_TIME_LEFT] = {sys_time_left, 0},
	[SYS_COPY_FROM_GUEST] = {sys_copy_from_guest, SYS_RIGHT_GUEST_READ},
	[SYS_COPY_TO_GUEST] = {sys_copy_to_guest, SYS_RIGHT_GUEST_WRITE},
	[SYS_PAGE_STATE] = {sys_page_state, SYS_RIGHT_PAGES},
	[SYS_VCPU_CREATE] = {sys_vcpu_create, SYS_RIGHT_VCPUS},
	[SYS_VCPU_DELETE] = {sys_vcpu_delete, SYS_RIGHT_VCPUS},
	[SYS_REMAP_CA] = {sys_remap_ca, SYS_RIGHT_VCPUS},
	[SYS_DEPOSIT] = {sys_deposit, SYS_RIGHT_PAGES},
	[SYS_WITHDRAW] = {sys_withdraw, SYS_RIGHT_PAGES},
	[SYS_PROTOCOL] = {sys_protocol, 0},
	[SYS_RANDOM] = {sys_random, SYS_RIGHT_RANDOM},
};

static enum err serve(struct sys_call *call, uint64_t raw_number)
{
	const struct sys_entry *entry;

	if (raw_number >= SYS_COUNT || table[raw_number].serve == NULL) {
		return ERR_UNSUPPORTED;
	}
	entry = &table[raw_number];
	if ((call->entry->rights & entry->right) != entry->right) {
		log_notice("service %s: no right to system call %lu", call->entry->name,
			   raw_number);
		return ERR_DENIED;
	}
	return entry->serve(call);
}

void sys_dispatch(struct sys_call *call, struct user_ctx *ctx)
{
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
