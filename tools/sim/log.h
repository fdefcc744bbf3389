/*
 * The simulator's own log: lines of the form `sim: ...` on the debug console, port 0xe9, which
 * guests never reach. Formats: %s %c %u %lu %x %lx %% and, for x, a width with leading zeros.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define LOG_PORT 0xe9

/* One line, with prefix and line end. */
void log_line(const char *format, ...) PRINTF_LIKE(1, 2);
/* A piece of a line, as it is. */
void log_part(const char *format, ...) PRINTF_LIKE(1, 2);
/* What ends a run that cannot go on: the reason, the statistics, then the machine is powered
 * off. */
void log_fatal(const char *format, ...) PRINTF_LIKE(1, 2) NORETURN;
/* The same with a reason that has been formatted already; runs end here. */
void log_end(const char *reason) NORETURN;
