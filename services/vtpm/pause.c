/* Looks at the clock, and yields. Static state: this service is not re-entrant. */
#include "pause.h"

#include "base/compiler.h"
#include "rt/sys.h"

static struct msg_buffer *pause_buffer;

void pause_begin(struct msg_buffer *buffer)
{
	pause_buffer = buffer;
}

struct msg_buffer *pause_now(void)
{
	return pause_buffer;
}

void pause_check(void)
{
	/* The kernel writes a new deadline each time it comes back. A yield that fails leaves the
	 * kernel to end this service, when its budget is overrun. */
	if (pause_buffer != NULL && __builtin_ia32_rdtsc() >= READ_ONCE(pause_buffer->deadline)) {
		(void)sys_yield();
	}
}
