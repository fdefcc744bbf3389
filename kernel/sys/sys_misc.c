/* The small system calls. */
#include "arch/cpu.h"
#include "base/mem.h"
#include "ipc/route.h"
#include "sys/sys.h"

/* A service's text is not trusted: one line, printable characters only. */
void sys_log_text(const struct sys_call *call, char *text, size_t bytes)
{
	while (bytes > 0 && text[bytes - 1] == '\n') {
		bytes--;
	}
	for (size_t i = 0; i < bytes; i++) {
		text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	}
	text[bytes] = '\0';
	sys_notice(call, "%s: %s", call->entry->name, text);
}

enum err sys_log(struct sys_call *call)
{
	char text[SYS_LOG_BYTES_MAX + 1];
	const void *from = sys_buffer(call, call->args[0], call->args[1]);
	size_t bytes = call->args[1];

	if (from == NULL || bytes > SYS_LOG_BYTES_MAX) {
		return ERR_INVALID;
	}
	memcpy(text, from, bytes);
	sys_log_text(call, text, bytes);
	return ERR_OK;
}

enum err sys_time_left(struct sys_call *call)
{
	call->value = sys_ticks_left(call);
	return ERR_OK;
}

enum err sys_protocol(struct sys_call *call)
{
	if (call->args[0] <= UINT32_MAX) {
		call->value = route_versions((uint32_t)call->args[0]);
	}
	return ERR_OK;
}

enum err sys_random(struct sys_call *call)
{
	void *to = sys_buffer(call, call->args[0], call->args[1]);

	if (to == NULL || call->args[1] > SYS_RANDOM_BYTES_MAX) {
		return ERR_INVALID;
	}
	return arch_random(to, call->args[1]);
}
