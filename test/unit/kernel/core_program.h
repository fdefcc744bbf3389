/* The real core service as a program of the fake machine: services/core on services/rt. */
#pragma once

#include <stdbool.h>

#include "msg/msg.h"

/* For fake_programs[]. */
void core_program(struct msg_buffer *msg, uint64_t first);

/* Set: it faults at its next system call, as if it had a bug. */
extern bool core_program_dies;
