/*
 * The log. The level says whose fault it is: ERROR ours or the hardware's, WARN the host's, NOTICE
 * the guest's or a service's, INFO and DEBUG for developers. Never secrets, never guest content.
 */
#pragma once

#include "base/compiler.h"

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
};

/* One line, without its newline; cut at 200 characters. */
void log_print(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* What guests, services or the host can cause as often as they like: at most LOG_FLOOD_MAX lines.
 */
void log_limited(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * The same for one of them: it has as many lines of its own, and none of the others'. `count` is
 * zero at first, and the log's lock guards it.
 */
void log_counted(unsigned int *count, enum log_level level, const char *format, ...)
	PRINTF_LIKE(3, 4);

/*
 * An error on the way out: never waits for long, because what ended may hold the log's lock itself.
 */
void log_last(const char *text);

/* The console is up: writes out what was logged before. */
void log_console_ready(void);

#define log_error(...)	log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)	log_limited(LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_limited(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_print(LOG_DEBUG, __VA_ARGS__)
