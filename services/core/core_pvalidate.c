/* PVALIDATE: changes the state of the pages in a list of the guest's. */
#include "base/bits.h"
#include "core/core.h"
#include "core/core_list.h"

enum err core_pvalidate_decode_entry(uint64_t entry)
{
	uint64_t size = SVSM_PVALIDATE_SIZE(entry);

	if ((entry & SVSM_PVALIDATE_RESERVED) != 0) {
		return ERR_FORMAT;
	}
	if (size > SVSM_PVALIDATE_2M) {
		return ERR_INVALID;
	}
	if (size == SVSM_PVALIDATE_2M && !is_aligned(SVSM_PVALIDATE_GPA(entry), PAGE_2M_SIZE)) {
		return ERR_INVALID;
	}
	return ERR_OK;
}

void core_pvalidate(const struct msg_header *request, struct msg_header *reply)
{
	static const struct core_list_call call = {
		.decode_entry = core_pvalidate_decode_entry,
		.doubtful = SVSM_PVALIDATE_RESERVED | SVSM_PVALIDATE_SIZE(UINT64_MAX),
		.perform = sys_page_state,
	};

	core_list_run(&call, request, reply);
}
