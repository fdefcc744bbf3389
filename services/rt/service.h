/*
 * What a service is: two functions. The runtime (services/rt) has the entry point, the loop and the
 * system calls; see docs/write-a-service.md.
 *
 * Invariants: the request lies in memory that only the kernel and this service write, and the
 * kernel writes it only while the service waits, so it may be read in place. What it *says* comes
 * from a guest or from another service and is hostile until checked.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "msg/msg.h"

/* Once in the life of an image, before the first request. An error ends the service. */
enum err service_init(void);

/* The message buffer that system calls use while service_init() runs; not to be kept. */
struct msg_buffer *service_init_buffer(void);

/*
 * One call. `reply` arrives zeroed but for version, protocol and call, so its result is
 * SVSM_SUCCESS with no outputs; registers that are outputs get their MSG_SET_* flag.
 */
void service_handle(const struct msg_header *request, struct msg_header *reply);

/*
 * The message buffer that a reply lies in: `in` holds request->payload_bytes bytes of payload,
 * `out` takes the reply's (set reply->payload_bytes), `scratch` is the service's until it replies.
 * There is one buffer per CPU, so a service that is called on two CPUs at once keeps its data apart
 * in them.
 */
static inline struct msg_buffer *service_buffer(struct msg_header *reply)
{
	return (struct msg_buffer *)(void *)((uint8_t *)reply - offsetof(struct msg_buffer, reply));
}

/* Where a part of the message buffer is, for system calls. */
#define SERVICE_IN	offsetof(struct msg_buffer, in)
#define SERVICE_OUT	offsetof(struct msg_buffer, out)
#define SERVICE_SCRATCH offsetof(struct msg_buffer, scratch)
