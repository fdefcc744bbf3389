/*
 * Long commands do not hold the vCPU. The library's inner functions are wrapped (pause_wraps.c):
 * each looks at the clock, and past the deadline the guest gets INCOMPLETE and the command goes on
 * when it calls again.
 */
#pragma once

#include <stdint.h>

#include "msg/msg.h"

/* The buffer whose deadline holds from now on. */
void pause_begin(struct msg_buffer *buffer);

/* That buffer. */
struct msg_buffer *pause_now(void);

/* Yields when the deadline has passed. */
void pause_check(void);
