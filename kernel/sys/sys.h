/*
 * System calls of services (include/msg/sys.h). Each is a decode of registers into checked values
 * and a perform; a right that the table entry lacks is refused before anything else is looked at.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "arch/space.h"
#include "base/err.h"
#include "ipc/loader.h"
#include "ipc/service_table.h"
#include "log.h"
#include "msg/msg.h"

/* One call's surroundings. */
struct sys_call {
	const struct service_entry *entry;
	struct loaded *loaded;
	struct msg_buffer *msg;
	struct user_ctx *ctx; /* set while a system call of Linux's is served */
	uint32_t vmpl; /* of the guest that called */
	uint32_t vcpu;
	bool is_for_peer; /* it answers another service */
	bool is_abandoned; /* who made it may be gone: its memory is not touched */
	uint64_t start; /* arch_ticks() when the service was entered */
	uint64_t budget;
	uint64_t args[4]; /* RDI, RSI, RDX, R10: raw */
	uint64_t value; /* for RDX */
};

/* Serves the system call in ctx and puts its result there. */
void sys_dispatch(struct sys_call *call, struct user_ctx *ctx);

/* `bytes` of the message buffer at `raw_offset`, or NULL when they are not all inside. */
void *sys_buffer(const struct sys_call *call, uint64_t raw_offset, uint64_t raw_bytes);

uint64_t sys_ticks_left(const struct sys_call *call);

/* What a service did wrong, on the log; no service can use up another one's lines. */
#define sys_notice(call, ...) log_counted(&(call)->loaded->log_lines, LOG_NOTICE, __VA_ARGS__)

/* One line of the service's on the log; `text` has room for one more byte. */
void sys_log_text(const struct sys_call *call, char *text, size_t bytes);

/* sys_mem.c, sys_misc.c, sys_page.c, sys_peer.c, sys_psp.c, sys_vcpu.c */
enum err sys_copy_from_guest(struct sys_call *call);
enum err sys_copy_to_guest(struct sys_call *call);
enum err sys_page_state(struct sys_call *call);
enum err sys_deposit(struct sys_call *call);
enum err sys_withdraw(struct sys_call *call);
enum err sys_vcpu_create(struct sys_call *call);
enum err sys_vcpu_delete(struct sys_call *call);
enum err sys_remap_ca(struct sys_call *call);
enum err sys_log(struct sys_call *call);
enum err sys_time_left(struct sys_call *call);
enum err sys_protocol(struct sys_call *call);
enum err sys_random(struct sys_call *call);
enum err sys_memory(struct sys_call *call);
enum err sys_service(struct sys_call *call);
enum err sys_peer(struct sys_call *call);
enum err sys_psp(struct sys_call *call);
enum err sys_psp_certificates(struct sys_call *call);
enum err sys_vmpck(struct sys_call *call);
enum err sys_launch_secret(struct sys_call *call);
