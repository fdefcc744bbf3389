/* The runtime's own functions, shared by its back ends. Services do not call them. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "msg/msg.h"

/* Entered once per CPU. `first`: this CPU is the one that runs service_init(). */
NORETURN void rt_main(struct msg_buffer *buffer, uint64_t first);

/* Runs service_init() with this buffer. */
enum err rt_init(struct msg_buffer *buffer);

/* Answers the request that lies in the buffer. */
void rt_serve(struct msg_buffer *buffer);
