/* SYS_PAGE_STATE: a batch of page changes, one flush at its end. */
#include "arch/rmp.h"
#include "base/compiler.h"
#include "mm/page.h"
#include "svsm/core.h"
#include "sys/sys.h"

struct batch {
	const uint64_t *entries; /* in the service's buffer: it can change, so each is read once */
	uint64_t count;
	uint64_t next;
};

static enum err batch_decode(const struct sys_call *call, struct batch *batch)
{
	uint64_t count = call->args[1];
	void *entries;

	if (count == 0 || count > SVSM_LIST_MAX_ENTRIES || call->args[2] >= count ||
	    !is_aligned(call->args[0], sizeof(uint64_t))) {
		return ERR_INVALID;
	}
	entries = sys_buffer(call, call->args[0], count * sizeof(uint64_t));
	if (entries == NULL) {
		return ERR_INVALID;
	}
	*batch = (struct batch){ entries, count, call->args[2] };
	return ERR_OK;
}

static enum err perform_one(uint64_t raw_entry, unsigned int vmpl, bool *needs_flush,
			    unsigned int *status)
{
	struct page_change change;
	enum err err = page_decode(raw_entry, &change);

	if (err == ERR_OK) {
		*needs_flush = *needs_flush || !change.validate;
		err = page_perform(&change, vmpl, status);
	}
	return err;
}

enum err sys_page_state(struct sys_call *call)
{
	struct batch batch;
	unsigned int status = 0;
	bool needs_flush = false;
	enum err err = batch_decode(call, &batch);

	if (err != ERR_OK) {
		return err;
	}
	while (err == ERR_OK && batch.next < batch.count) {
		err = perform_one(READ_ONCE(batch.entries[batch.next]), call->vmpl, &needs_flush, &status);
		batch.next += err == ERR_OK;
		if (err == ERR_OK && batch.next < batch.count && sys_ticks_left(call) == 0) {
			err = ERR_AGAIN;
		}
	}
	if (needs_flush) {
		arch_flush_all();
	}
	call->value = batch.next | (uint64_t)status << 32;
	return err;
}
