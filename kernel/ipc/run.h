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

enum run_why {
	RUN_NEW, /* it waits for a request */
	RUN_RESUMED, /* it yielded, and the same call is back */
	RUN_HELPED, /* it yielded, and another call has it end: the guest's memory is not touched */
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
 * Hands the call to a service that waits, or lets one that yielded go on with it. On RUN_REPLIED
 * *call holds the answer. A reply that breaks the ABI is a death.
 */
enum run_end run_service(const struct service_entry *entry, struct loaded *loaded,
			 struct run_cpu *cpu, struct route_call *call, enum run_why why);
