/* The log: lines go to the console; those from before the console is up wait in a small buffer. */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>

#include "arch/cpu.h"
#include "fmt.h"
#include "lock.h"

#define LINE_BYTES    224
#define EARLY_BYTES   4096
#define LOG_FLOOD_MAX 200
#define LAST_TRIES    1000000 /* another CPU's line takes less */

static struct lock log_lock; /* guards all below and the console */
static bool console_ready;
static char early[EARLY_BYTES];
static size_t early_bytes;
static unsigned int flood_count;

static const char *const prefixes[] = {
	[LOG_ERROR] = "keel: ERROR: ", [LOG_WARN] = "keel: host: ", [LOG_NOTICE] = "keel: notice: ",
	[LOG_INFO] = "keel: ",	       [LOG_DEBUG] = "keel: debug: ",
};

static void emit(const char *line, size_t bytes)
{
	if (console_ready) {
		arch_console_write(line, bytes);
		return;
	}
	for (size_t i = 0; i < bytes && early_bytes < EARLY_BYTES; i++) {
		early[early_bytes++] = line[i];
	}
}

static void print(enum log_level level, const char *format, va_list args)
{
	char line[LINE_BYTES];
	size_t n = fmt_print(line, sizeof(line) - 1, "%s", prefixes[level]);

	n += fmt_vprint(line + n, sizeof(line) - 1 - n, format, args);
	line[n++] = '\n';
	lock_take(&log_lock);
	emit(line, n);
	lock_release(&log_lock);
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(level, format, args);
	va_end(args);
}

/* True for the first LOG_FLOOD_MAX lines; the last of them is another, which says so. */
static bool flood_allows(unsigned int *count)
{
	unsigned int n;

	lock_take(&log_lock);
	n = *count < LOG_FLOOD_MAX ? ++*count : LOG_FLOOD_MAX + 1;
	lock_release(&log_lock);
	if (n == LOG_FLOOD_MAX) {
		log_info("log: %u lines caused from outside; no more of these are shown", n);
	}
	return n < LOG_FLOOD_MAX;
}

void log_limited(enum log_level level, const char *format, ...)
{
	va_list args;

	if (!flood_allows(&flood_count)) {
		return;
	}
	va_start(args, format);
	print(level, format, args);
	va_end(args);
}

void log_counted(unsigned int *count, enum log_level level, const char *format, ...)
{
	va_list args;

	if (!flood_allows(count)) {
		return;
	}
	va_start(args, format);
	print(level, format, args);
	va_end(args);
}

void log_last(const char *text)
{
	char line[LINE_BYTES];
	size_t n = fmt_print(line, sizeof(line) - 1, "%s%s", prefixes[LOG_ERROR], text);
	bool locked = false;

	line[n++] = '\n';
	for (unsigned int i = 0; i < LAST_TRIES && !locked; i++) {
		locked = lock_try(&log_lock);
	}
	emit(line, n);
	if (locked) {
		lock_release(&log_lock);
	}
}

void log_console_ready(void)
{
	lock_take(&log_lock);
	console_ready = true;
	arch_console_write(early, early_bytes);
	lock_release(&log_lock);
}
