/* The bytes of a message: into the buffer of the service that is called, and out of it. */
#pragma once

#include "base/err.h"
#include "ipc/route.h"
#include "msg/msg.h"

/* Copies the request's payload to msg->in. ERR_ADDRESS: the guest's memory does not have it. */
enum err payload_take(const struct route_call *call, struct msg_buffer *msg);

/*
 * Copies `bytes`, at most MSG_PAYLOAD_BYTES, of msg->out to where the answer goes, and stores how
 * many there are. ERR_NOSPC: there is too little room, nothing was copied. ERR_ADDRESS.
 */
enum err payload_give(struct route_call *call, const struct msg_buffer *msg, uint32_t bytes);
