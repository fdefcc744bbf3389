/* Batches of pages: SYS_PAGE_STATE with one flush at its end, deposits and withdrawals. */
#include "arch/rmp.h"
#include "base/compiler.h"
#include "mm/deposit.h"
#include "mm/page.h"
#include "svsm/core.h"
#include "sys/sys.h"

/* Small pages between two looks at the clock. */
#define PAGES_PER_LOOK 8

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
	*batch = (struct batch){entries, count, call->args[2]};
	return ERR_OK;
}

/* From validating to invalidating, or back. */
static void turn_around(bool *owes_flush)
{
	*owes_flush = !*owes_flush;
	if (*owes_flush) {
		page_owe_flush();
	} else {
		page_flush();
	}
}

static enum err perform_one(uint64_t raw_entry, unsigned int vmpl, bool *owes_flush,
			    unsigned int *status)
{
	struct page_change change;
	enum err err = page_decode(raw_entry, &change);

	if (err != ERR_OK) {
		return err;
	}
	if (change.validate == *owes_flush) {
		turn_around(owes_flush);
	}
	return page_perform(&change, vmpl, status);
}

/* Is the service's time up? Looked at after each large page, and after a few small ones. */
static bool is_time_up(const struct sys_call *call, const struct batch *batch, uint64_t raw_entry)
{
	bool is_due = SVSM_PVALIDATE_SIZE(raw_entry) != 0 || batch->next % PAGES_PER_LOOK == 0;

	return is_due && batch->next < batch->count && sys_ticks_left(call) == 0;
}

enum err sys_page_state(struct sys_call *call)
{
	struct batch batch;
	unsigned int status = 0;
	bool owes_flush = false;
	enum err err = batch_decode(call, &batch);

	if (err != ERR_OK) {
		return err;
	}
	while (err == ERR_OK && batch.next < batch.count) {
		uint64_t raw_entry = READ_ONCE(batch.entries[batch.next]);

		err = perform_one(raw_entry, call->vmpl, &owes_flush, &status);
		batch.next += err == ERR_OK;
		if (err == ERR_OK && is_time_up(call, &batch, raw_entry)) {
			err = ERR_AGAIN;
		}
	}
	if (owes_flush) {
		turn_around(&owes_flush);
	}
	call->value = batch.next | (uint64_t)status << 32;
	return err;
}

static enum err deposit_one(uint64_t raw_entry, unsigned int vmpl, unsigned int *status)
{
	uint64_t size = SVSM_PVALIDATE_SIZE(raw_entry);

	if ((raw_entry & SVSM_DEPOSIT_RESERVED) != 0 || size > SVSM_PVALIDATE_2M) {
		return ERR_INVALID;
	}
	return deposit_add(gpa(SVSM_PVALIDATE_GPA(raw_entry)),
			   size == SVSM_PVALIDATE_2M ? RMP_2M : RMP_4K, vmpl, status);
}

enum err sys_deposit(struct sys_call *call)
{
	struct batch batch;
	unsigned int status = 0;
	enum err err = batch_decode(call, &batch);

	if (err != ERR_OK) {
		return err;
	}
	while (err == ERR_OK && batch.next < batch.count) {
		err = deposit_one(READ_ONCE(batch.entries[batch.next]), call->vmpl, &status);
		batch.next += err == ERR_OK;
		if (err == ERR_OK && batch.next < batch.count && sys_ticks_left(call) == 0) {
			err = ERR_AGAIN;
		}
	}
	call->value = batch.next | (uint64_t)status << 32;
	return err;
}

enum err sys_withdraw(struct sys_call *call)
{
	uint64_t room = call->args[1];
	uint64_t *to = room <= SVSM_LIST_MAX_ENTRIES && is_aligned(call->args[0], sizeof(*to))
			       ? sys_buffer(call, call->args[0], room * sizeof(*to))
			       : NULL;
	enum err err = to != NULL ? ERR_OK : ERR_INVALID;

	while (err == ERR_OK && call->value < room) {
		gpa_t page;

		err = deposit_withdraw(call->vmpl, &page);
		if (err == ERR_OK) {
			to[call->value++] = page.value;
		}
	}
	/* Fewer than there was room for is no failure. */
	return err == ERR_NOMEM ? ERR_OK : err;
}
