/* The end of the line. */
#include "panic.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "arch/cpu.h"
#include "base/mem.h"
#include "fmt.h"
#include "log.h"

static struct secrets_page *guarded; /* set once at boot */

void panic_guard_secrets(struct secrets_page *secrets)
{
	guarded = secrets;
}

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
	if (guarded != NULL) {
		mem_wipe(guarded->vmpck, sizeof(guarded->vmpck));
	}
	va_start(args, format);
	n = fmt_print(text, sizeof(text), "panic (reason %u): ", (unsigned int)reason);
	fmt_vprint(text + n, sizeof(text) - n, format, args);
	va_end(args);
	log_last(text);
	arch_terminate(reason);
}
