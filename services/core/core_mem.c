/* DEPOSIT_MEM and WITHDRAW_MEM: memory for the SVSM, and back. */
#include "base/bits.h"
#include "core/core.h"
#include "core/core_list.h"
#include "rt/service.h"
#include "svsm/protocol.h"
#include "svsm/result.h"

enum err core_mem_decode_entry(uint64_t entry)
{
	uint64_t size = SVSM_PVALIDATE_SIZE(entry);

	if ((entry & SVSM_DEPOSIT_RESERVED) != 0) {
		return ERR_FORMAT;
	}
	if (size > SVSM_PVALIDATE_2M ||
	    (size == SVSM_PVALIDATE_2M && !is_aligned(SVSM_PVALIDATE_GPA(entry), PAGE_2M_SIZE))) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

void core_mem_deposit(const struct msg_header *request, struct msg_header *reply)
{
	static const struct core_list_call call = {
		.decode_entry = core_mem_decode_entry,
		.doubtful = SVSM_DEPOSIT_RESERVED | SVSM_PVALIDATE_SIZE(UINT64_MAX),
		.perform = sys_deposit,
	};

	core_list_run(&call, request, reply);
}

enum err core_mem_withdraw_decode(const struct msg_header *request, uint32_t *room)
{
	uint64_t left = PAGE_SIZE - (request->rcx & (PAGE_SIZE - 1));

	/* Eight bytes of header and at least one gPA. */
	if (!is_aligned(request->rcx, sizeof(uint64_t)) || left < 2 * sizeof(uint64_t)) {
		return ERR_INVALID;
	}
	*room = (uint32_t)(left / sizeof(uint64_t) - 1);
	return ERR_OK;
}

/*
 * The buffer is written before pages are asked for: one that cannot be written costs the guest
 * nothing. Pages are the guest's from the moment the kernel gave them, whatever becomes of the
 * buffer.
 */
void core_mem_withdraw(const struct msg_header *request, struct msg_header *reply)
{
	struct svsm_withdrawn *list =
		(struct svsm_withdrawn *)(void *)service_buffer(reply)->scratch;
	uint32_t room = 0;
	uint32_t count = 0;
	enum err err = core_mem_withdraw_decode(request, &room);

	*list = (struct svsm_withdrawn){0};
	if (err == ERR_OK) {
		err = sys_copy_to_guest(request->rcx, SERVICE_SCRATCH, sizeof(*list));
	}
	if (err == ERR_OK) {
		err = sys_withdraw(SERVICE_SCRATCH + offsetof(struct svsm_withdrawn, gpas), room,
				   &count);
		list->count = (uint16_t)count;
	}
	if (err == ERR_OK) {
		err = sys_copy_to_guest(request->rcx, SERVICE_SCRATCH,
					sizeof(*list) + count * sizeof(list->gpas[0]));
	}
	reply->result = svsm_result(err);
}
