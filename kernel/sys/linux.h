/*
 * The few system calls of Linux that a static program on a Unix C library makes before and while it
 * serves (docs/system-calls.md). For services with SYS_RIGHT_LINUX; their other calls are Keel's.
 */
#pragma once

#include <stdbool.h>

#include "sys/sys.h"

/* Serves the system call in ctx by Linux's convention: RAX is a value, or an error negated; every
 * other register stays. What is not known answers ENOSYS, and is logged once. */
void linux_dispatch(struct sys_call *call, struct user_ctx *ctx);

/* Does the program end itself by exit or exit_group? */
bool linux_wants_exit(const struct sys_call *call, const struct user_ctx *ctx);
