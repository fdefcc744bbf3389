/* The end of the line. */
#include "panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "arch/cpu.h"
#include "fmt.h"
#include "log.h"
#include "secrets.h"

void panic(enum panic_reason reason, const char *format, ...)
{
	static _Atomic bool entered;
	char text[192];
	size_t n;
	va_list args;

	/* Whatever goes wrong on the way out must not stop it. */
	if (atomic_exchange(&entered, true)) {
		arch_terminate(reason);
	}
	secrets_wipe();
	va_start(args, format);
	n = fmt_print(text, sizeof(text), "panic (reason %u): ", (unsigned int)reason);
	fmt_vprint(text + n, sizeof(text) - n, format, args);
	va_end(args);
	log_last(text);
	arch_terminate(reason);
}
