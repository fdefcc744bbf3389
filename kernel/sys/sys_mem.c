/* The service's own memory, and copies between a service's message buffer and the memory of the
 * guest that called it. */
#include "mm/guestmem.h"
#include "sys/sys.h"

struct copy {
	gpa_t guest;
	void *buffer;
	size_t bytes;
};

static enum err copy_decode(const struct sys_call *call, struct copy *copy)
{
	void *buffer = sys_buffer(call, call->args[1], call->args[2]);

	if (buffer == NULL || call->args[2] > PAGE_SIZE) {
		return ERR_INVALID;
	}
	if (call->is_abandoned) {
		return ERR_ADDRESS;
	}
	*copy = (struct copy){gpa(call->args[0]), buffer, call->args[2]};
	return ERR_OK;
}

enum err sys_copy_from_guest(struct sys_call *call)
{
	struct copy copy;
	enum err err = copy_decode(call, &copy);

	if (err == ERR_OK) {
		err = guestmem_read(copy.guest, copy.buffer, copy.bytes, call->vmpl);
	}
	return err;
}

enum err sys_copy_to_guest(struct sys_call *call)
{
	struct copy copy;
	enum err err = copy_decode(call, &copy);

	if (err == ERR_OK) {
		err = guestmem_write(copy.guest, copy.buffer, copy.bytes, call->vmpl);
	}
	return err;
}

enum err sys_memory(struct sys_call *call)
{
	uva_t at;
	enum err err = heap_take(&call->loaded->heap, &call->loaded->space, call->args[0], &at);

	if (err == ERR_OK) {
		call->value = at.value;
	}
	return err;
}
