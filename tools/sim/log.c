/* The simulator's log. Lines are short; what does not fit is cut, never overrun. */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>

#include "base/buf.h"
#include "machine.h"
#include "params.h"
#include "stats.h"
#include "x86.h"

#define LOG_LINE_BYTES 512
#define LOG_LINES      20000

static unsigned int lines;

static void put_string(struct wrbuf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		(void)wrbuf_put(out, s, 1);
	}
}

static void put_number(struct wrbuf *out, uint64_t value, unsigned int base, unsigned int width)
{
	char digits[24];
	unsigned int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	while (count < width && count < sizeof(digits)) {
		digits[count++] = '0';
	}
	while (count > 0) {
		(void)wrbuf_put(out, &digits[--count], 1);
	}
}

/* One conversion; returns the character after it. */
static const char *put_conversion(struct wrbuf *out, const char *f, va_list *args)
{
	unsigned int width = 0;
	bool is_long = false;
	char c;

	for (; *f >= '0' && *f <= '9'; f++) {
		width = width * 10 + (unsigned int)(*f - '0');
	}
	if (*f == 'l') {
		is_long = true;
		f++;
	}
	switch (*f) {
	case 's':
		put_string(out, va_arg(*args, const char *));
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		(void)wrbuf_put(out, &c, 1);
		break;
	case 'u':
	case 'x':
		put_number(out, is_long ? va_arg(*args, uint64_t) : va_arg(*args, unsigned int),
			   *f == 'u' ? 10 : 16, width);
		break;
	default:
		(void)wrbuf_put(out, f, 1);
		break;
	}
	return f + 1;
}

static void put_format(struct wrbuf *out, const char *format, va_list *args)
{
	const char *f = format;

	while (*f != '\0') {
		if (*f == '%') {
			f = put_conversion(out, f + 1, args);
		} else {
			(void)wrbuf_put(out, f, 1);
			f++;
		}
	}
}

void log_part(const char *format, ...)
{
	char text[LOG_LINE_BYTES];
	struct wrbuf out = wrbuf_over(text, sizeof(text));
	va_list args;

	va_start(args, format);
	put_format(&out, format, &args);
	va_end(args);
	outs8(LOG_PORT, text, out.at);
}

/* A guest can cause lines without end; the file they go to is the user's. */
static bool has_room(void)
{
	static const char last[] = "sim: too many lines: the rest is left out\n";

	lines++;
	if (lines == LOG_LINES && !params.trace) {
		outs8(LOG_PORT, last, sizeof(last) - 1);
	}
	return lines < LOG_LINES || params.trace;
}

void log_line(const char *format, ...)
{
	char text[LOG_LINE_BYTES];
	struct wrbuf out = wrbuf_over(text, sizeof(text) - 1);
	va_list args;

	if (!has_room()) {
		return;
	}
	put_string(&out, "sim: ");
	va_start(args, format);
	put_format(&out, format, &args);
	va_end(args);
	text[out.at++] = '\n';
	outs8(LOG_PORT, text, out.at);
}

void log_fatal(const char *format, ...)
{
	char text[LOG_LINE_BYTES];
	struct wrbuf out = wrbuf_over(text, sizeof(text) - 1);
	va_list args;

	va_start(args, format);
	put_format(&out, format, &args);
	va_end(args);
	text[out.at] = '\0';
	log_end(text);
}

void log_end(const char *reason)
{
	lines = 0;
	log_line("terminated: %s", reason);
	stats_write(reason);
	machine_off();
}
