/* Running a service until it replies, yields or dies, serving its system calls on the way. */
#pragma once

#include "arch/space.h"
#include "ipc/loader.h"
#include "ipc/route.h"
#include "ipc/service_table.h"
#include "msg/msg.h"

enum run_end {
	RUN_REPLIED,
	RUN_YIELDED,
	RUN_DIED,
};

/* One CPU's part of a service. */
struct run_cpu {
	struct user_ctx ctx;
	struct msg_buffer *msg;
};

/* Runs it from its entry point to where it waits for requests. */
enum run_end run_start(const struct service_entry *entry, struct loaded *loaded,
		       struct run_cpu *cpu);

/*
 * Hands the call to a service that waits, or lets one that yielded go on with it (is_resumed). On
 * RUN_REPLIED *call holds the answer. A reply that breaks the ABI is a death.
 */
enum run_end run_service(const struct service_entry *entry, struct loaded *loaded,
			 struct run_cpu *cpu, struct route_call *call, bool is_resumed);
