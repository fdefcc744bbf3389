/*
 * The loop around CPL3. Everything that comes out of a service is checked here or in sys/: its
 * registers, its reply, and how often it traps once its time is up.
 */
#include "run.h"

#include "arch/cpu.h"
#include "base/mem.h"
#include "ipc/payload.h"
#include "log.h"
#include "svsm/result.h"
#include "sys/linux.h"
#include "sys/sys.h"

/* TSC ticks a call may take before it is to yield: about a millisecond on the hardware at hand. */
#define BUDGET_TICKS 3000000
/* Traps (system calls, emulated instructions) that a service may still make after that. */
#define LATE_TRAPS_MAX 1000

static enum err put_request(struct run_cpu *cpu, const struct route_call *call)
{
	struct msg_header request = {
		.version = MSG_VERSION,
		.flags = call->flags,
		.protocol = call->protocol,
		.call = call->call,
		.vmpl = call->vmpl,
		.vcpu = call->vcpu,
		.rcx = call->rcx,
		.rdx = call->rdx,
		.r8 = call->r8,
		.r9 = call->r9,
		.payload_bytes = call->payload.request_bytes,
	};

	cpu->msg->request = request;
	cpu->msg->reply = (struct msg_header){0};
	return call->flags != 0 ? payload_take(call, cpu->msg) : ERR_OK;
}

/* What a reply may have behind it: nothing for a call by registers. */
static uint32_t payload_limit(const struct route_call *call)
{
	return call->flags != 0 ? MSG_PAYLOAD_BYTES : 0;
}

/* Reads the reply once; false when it is not one. */
static bool take_reply(const struct run_cpu *cpu, struct route_call *call)
{
	struct msg_header reply;

	memcpy(&reply, &cpu->msg->reply, sizeof(reply));
	if (reply.version != MSG_VERSION || reply.protocol != call->protocol ||
	    reply.call != call->call || (reply.flags & ~MSG_REPLY_FLAGS) != 0 ||
	    reply.payload_bytes > payload_limit(call)) {
		return false;
	}
	call->rcx = (reply.flags & MSG_SET_RCX) != 0 ? reply.rcx : call->rcx;
	call->rdx = (reply.flags & MSG_SET_RDX) != 0 ? reply.rdx : call->rdx;
	call->r8 = (reply.flags & MSG_SET_R8) != 0 ? reply.r8 : call->r8;
	call->r9 = (reply.flags & MSG_SET_R9) != 0 ? reply.r9 : call->r9;
	call->result = reply.result;
	if (call->flags != 0) {
		enum err err = payload_give(call, cpu->msg, reply.payload_bytes);

		call->result = err == ERR_OK ? reply.result : svsm_result(err);
	}
	return true;
}

/* One stop of the service: what it asked for, or what it did wrong. */
static bool serve(const struct service_entry *entry, struct user_ctx *ctx, struct sys_call *sys,
		  enum run_end *end)
{
	if (ctx->vector != USER_SYSCALL) {
		if (arch_user_emulate(&sys->loaded->space, ctx)) {
			return true;
		}
		loader_notice(sys->loaded,
			      "service %s: exception %lu error %lx at %lx (address %lx)",
			      entry->name, ctx->vector, ctx->error, ctx->rip, ctx->cr2);
		*end = RUN_DIED;
		return false;
	}
	if (linux_wants_exit(sys, ctx)) {
		ctx->rax = SYS_EXIT;
	}
	switch (ctx->rax) {
	case SYS_REPLY_WAIT:
		*end = RUN_REPLIED;
		return false;
	case SYS_YIELD:
		*end = RUN_YIELDED;
		return false;
	case SYS_EXIT:
		loader_notice(sys->loaded, "service %s: exited", entry->name);
		*end = RUN_DIED;
		return false;
	default:
		sys_dispatch(sys, ctx);
		return true;
	}
}

static bool is_overrun(const struct sys_call *sys, unsigned int *late)
{
	return arch_ticks() - sys->start > sys->budget && ++*late > LATE_TRAPS_MAX;
}

/* Runs the service until something ends its turn. */
static enum run_end turn(const struct service_entry *entry, struct loaded *loaded,
			 struct run_cpu *cpu, struct sys_call *sys)
{
	enum run_end end = RUN_DIED;
	unsigned int late = 0;

	sys->entry = entry;
	sys->loaded = loaded;
	sys->msg = cpu->msg;
	sys->start = arch_ticks();
	sys->budget = BUDGET_TICKS;
	cpu->msg->deadline = sys->start + sys->budget;
	do {
		arch_user_run(&loaded->space, &cpu->ctx);
		if (is_overrun(sys, &late)) {
			loader_notice(loaded, "service %s: overran its budget", entry->name);
			end = RUN_DIED;
			break;
		}
	} while (serve(entry, &cpu->ctx, sys, &end));
	arch_user_rest(&cpu->ctx);
	return end;
}

enum run_end run_start(const struct service_entry *entry, struct loaded *loaded,
		       struct run_cpu *cpu)
{
	struct sys_call sys = {0};

	return turn(entry, loaded, cpu, &sys);
}

enum run_end run_service(const struct service_entry *entry, struct loaded *loaded,
			 struct run_cpu *cpu, struct route_call *call, enum run_why why)
{
	struct sys_call sys = {
		.vmpl = call->vmpl,
		.vcpu = call->vcpu,
		.is_for_peer = (call->flags & MSG_FROM_PEER) != 0,
		.is_abandoned = why == RUN_HELPED,
	};
	enum run_end end;
	enum err err = why == RUN_NEW ? put_request(cpu, call) : ERR_OK;

	if (err != ERR_OK) {
		call->result = svsm_result(err);
		return RUN_REPLIED;
	}
	cpu->ctx.rax = ERR_OK;
	end = turn(entry, loaded, cpu, &sys);
	if (end == RUN_REPLIED && !take_reply(cpu, call)) {
		loader_notice(loaded, "service %s: broken reply", entry->name);
		end = RUN_DIED;
	}
	return end;
}
