/*
 * What objects compiled against glibc ask of it and musl has not. Debian's static libraries are
 * such objects. meson.build gives their names to these functions, and to musl's own where only a
 * check of the buffer's size is missing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int compat_snprintf(char *to, size_t bytes, int flag, size_t room, const char *format, ...);
int compat_vsnprintf(char *to, size_t bytes, int flag, size_t room, const char *format,
		     va_list args);
int compat_refuse(void);

int compat_vsnprintf(char *to, size_t bytes, int flag, size_t room, const char *format,
		     va_list args)
{
	(void)flag;
	if (bytes > room) {
		abort();
	}
	return vsnprintf(to, bytes, format, args);
}

int compat_snprintf(char *to, size_t bytes, int flag, size_t room, const char *format, ...)
{
	va_list args;
	int count;

	va_start(args, format);
	count = compat_vsnprintf(to, bytes, flag, room, format, args);
	va_end(args);
	return count;
}

/* Output that nobody would read, and contexts for OpenSSL's asynchronous jobs: not here. */
int compat_refuse(void)
{
	return -1;
}
