/* The formatter behind the log. Never writes past its buffer, whatever the format asks for. */
#include "fmt.h"

#include <stdbool.h>
#include <stdint.h>

struct out {
	char *at;
	size_t left; /* without the final NUL */
};

struct spec {
	bool is_long;
	bool zero_pad;
	unsigned int width;
};

static void put(struct out *o, char c)
{
	if (o->left > 0) {
		*o->at++ = c;
		o->left--;
	}
}

static void put_string(struct out *o, const char *s)
{
	while (*s != '\0') {
		put(o, *s++);
	}
}

static void put_number(struct out *o, uint64_t value, unsigned int base, const struct spec *spec)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	for (unsigned int i = n; i < spec->width; i++) {
		put(o, spec->zero_pad ? '0' : ' ');
	}
	while (n > 0) {
		put(o, digits[--n]);
	}
}

static const char *parse_spec(const char *f, struct spec *spec)
{
	*spec = (struct spec){.zero_pad = *f == '0'};
	while (*f >= '0' && *f <= '9') {
		spec->width = spec->width * 10 + (unsigned int)(*f++ - '0');
	}
	while (*f == 'l' || *f == 'z') {
		spec->is_long = true;
		f++;
	}
	return f;
}

static void put_signed(struct out *o, int64_t value, const struct spec *spec)
{
	if (value < 0) {
		put(o, '-');
	}
	put_number(o, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, spec);
}

/* One conversion. Kept in one place because va_list may not be shared between functions by value.
 */
static void convert(struct out *o, char c, const struct spec *spec, va_list *args)
{
	switch (c) {
	case 's':
		put_string(o, va_arg(*args, const char *));
		break;
	case 'c':
		put(o, (char)va_arg(*args, int));
		break;
	case 'd':
		put_signed(o, spec->is_long ? va_arg(*args, long) : va_arg(*args, int), spec);
		break;
	case 'u':
	case 'x':
		put_number(o,
			   spec->is_long ? va_arg(*args, unsigned long)
					 : va_arg(*args, unsigned int),
			   c == 'u' ? 10 : 16, spec);
		break;
	default:
		put(o, c);
		break;
	}
}

size_t fmt_vprint(char *out, size_t bytes, const char *format, va_list args)
{
	struct out o = {.at = out, .left = bytes - 1};
	va_list copy;

	va_copy(copy, args);
	while (*format != '\0') {
		struct spec spec;

		if (*format != '%') {
			put(&o, *format++);
			continue;
		}
		format = parse_spec(format + 1, &spec);
		if (*format == '\0') {
			break;
		}
		convert(&o, *format++, &spec, &copy);
	}
	va_end(copy);
	*o.at = '\0';
	return (size_t)(o.at - out);
}

size_t fmt_print(char *out, size_t bytes, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = fmt_vprint(out, bytes, format, args);
	va_end(args);
	return n;
}
