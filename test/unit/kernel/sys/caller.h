/* A service that makes one system call, for tests of sys/: registers in, registers out. */
#pragma once

#include "kernel/world.h"
#include "sys/sys.h"

#define CALLER_BUDGET UINT64_C(1000000)

static struct msg_buffer caller_msg;
static struct loaded caller_loaded;
static struct service_entry caller_entry = { .name = "caller", .rights = UINT32_MAX };
static unsigned int caller_vmpl = 2; /* of the guest that called; 0: the service starts */

/* With every right, in time. */
static inline struct fake_answer caller_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct sys_call call = { .entry = &caller_entry, .loaded = &caller_loaded,
				 .msg = &caller_msg, .vmpl = caller_vmpl,
				 .vcpu = WORLD_APIC_ID(0), .start = fake_cpu.ticks,
				 .budget = CALLER_BUDGET };
	struct user_ctx ctx = { .rax = number, .rdi = a, .rsi = b, .rdx = c, .r10 = 0x10 };

	sys_dispatch(&call, &ctx);
	CHECK(ctx.rdi == a && ctx.rsi == b && ctx.r10 == 0x10);
	return (struct fake_answer){ ctx.rax, ctx.rdx };
}

static inline enum err caller_err(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	return (enum err)caller_call(number, a, b, c).err;
}

/* Everything of the message buffer, and what is outside of it by one, by a page, by far. */
#define CALLER_BYTES sizeof(struct msg_buffer)
static const struct {
	const char *name;
	uint64_t offset, bytes;
} caller_outside[] = {
	{ "nothing", 0, 0 },
	{ "one past the end", CALLER_BYTES - 7, 8 },
	{ "at the end", CALLER_BYTES, 8 },
	{ "far behind", UINT64_C(0x100000000), 8 },
	{ "before the start", UINT64_MAX - 7, 8 },
	{ "wraps to the start", UINT64_MAX - 7, 16 },
	{ "all there is", 0, UINT64_MAX },
	{ "the sum wraps", 8, UINT64_MAX - 7 },
};
