/* See core_list.h. */
#include "core/core_list.h"

#include "base/bits.h"
#include "rt/service.h"
#include "svsm/protocol.h"
#include "svsm/result.h"

/* The list's copy, in scratch. */
struct list_copy {
	struct svsm_list header;
	uint64_t entries[SVSM_LIST_MAX_ENTRIES];
};
ABI_SIZE(struct list_copy, MSG_PAYLOAD_BYTES);

#define LIST_ENTRIES (SERVICE_SCRATCH + offsetof(struct list_copy, entries))
#define LIST_NEXT    (SERVICE_SCRATCH + offsetof(struct svsm_list, next))

/* What PVALIDATE and RMPADJUST can report in EAX and a result code can carry. */
#define RMP_CODE_MAX 0xF

enum err core_list_decode(uint64_t gpa, const struct svsm_list *list)
{
	uint64_t room = PAGE_SIZE - (gpa & (PAGE_SIZE - 1)) - sizeof(*list);

	/*
	 * The reserved word is not looked at: Linux never writes it, and builds its lists where its
	 * last attestation request was.
	 */
	if (list->next >= list->count || list->count > room / sizeof(uint64_t)) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* The kernel reports a fault while copying apart; to a guest both are an address it got wrong. */
static enum err address_error(enum err err)
{
	return err == ERR_FAULT ? ERR_ADDRESS : err;
}

/* Header, then the entries that are still to be done. */
static enum err copy_list(uint64_t gpa, struct list_copy *list)
{
	enum err err;
	uint64_t skip;

	if (!is_aligned(gpa, sizeof(uint64_t))) {
		return ERR_INVALID;
	}
	err = sys_copy_from_guest(gpa, SERVICE_SCRATCH, sizeof(list->header));
	if (err != ERR_OK) {
		return address_error(err);
	}
	err = core_list_decode(gpa, &list->header);
	if (err != ERR_OK) {
		return err;
	}
	skip = list->header.next * sizeof(uint64_t);
	return address_error(sys_copy_from_guest(gpa + sizeof(list->header) + skip,
						 LIST_ENTRIES + skip,
						 list->header.count * sizeof(uint64_t) - skip));
}

/* Index of the first malformed entry from `next`, and what is wrong with it; count if none is. */
static uint16_t find_malformed(const struct core_list_call *call, const struct list_copy *list,
			       enum err *err)
{
	const uint64_t *entries = list->entries;
	const uint64_t doubtful = call->doubtful;
	uint64_t count = list->header.count;
	uint64_t at = list->header.next;

	*err = ERR_OK;
	while (at < count) {
		if ((entries[at] & doubtful) != 0) {
			*err = call->decode_entry(entries[at]);
			if (*err != ERR_OK) {
				break;
			}
		}
		at++;
	}
	return (uint16_t)at;
}

static uint32_t page_state_result(enum err err, uint32_t rmp_code)
{
	if (err == ERR_FAULT && rmp_code >= 1 && rmp_code <= RMP_CODE_MAX) {
		return SVSM_ERR_PROTOCOL_BASE + rmp_code;
	}
	/* One page is enough to go on; the guest deposits more if it likes. */
	return err == ERR_NOMEM ? SVSM_NEEDS_MEMORY | 1 : svsm_result(err);
}

/* Does the well-formed entries, in order; list->header.next is the first that is not done. */
static uint32_t do_entries(const struct core_list_call *call, struct list_copy *list)
{
	struct sys_page_progress progress;
	enum err malformed;
	uint16_t end = find_malformed(call, list, &malformed);
	enum err err;

	if (end == list->header.next) {
		return svsm_result(malformed);
	}
	err = call->perform(LIST_ENTRIES, end, list->header.next, &progress);
	/* Refused as a whole: nothing is done, and the kernel names no index. */
	if (progress.done >= list->header.next && progress.done <= end) {
		list->header.next = (uint16_t)progress.done;
	}
	if (err != ERR_OK) {
		return page_state_result(err, progress.rmp_code);
	}
	return svsm_result(malformed);
}

void core_list_run(const struct core_list_call *call, const struct msg_header *request,
		   struct msg_header *reply)
{
	struct list_copy *list = (struct list_copy *)(void *)service_buffer(reply)->scratch;
	uint64_t gpa = request->rcx;
	enum err err = copy_list(gpa, list);

	if (err != ERR_OK) {
		reply->result = svsm_result(err);
		return;
	}
	reply->result = do_entries(call, list);
	err = sys_copy_to_guest(gpa + offsetof(struct svsm_list, next), LIST_NEXT,
				sizeof(list->header.next));
	if (err != ERR_OK) {
		/* The list's own page was taken by one of its entries, or by another vCPU. */
		reply->result = svsm_result(address_error(err));
	}
}
