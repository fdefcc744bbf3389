/*
 * Calls that take a list of the guest's: PVALIDATE and DEPOSIT_MEM. The list lies in memory that
 * the guest's other vCPUs can write, so header and entries are copied once each, into this CPU's
 * scratch, and only the copies are looked at. Of the list only its `next` is written back.
 */
#pragma once

#include "core/core.h"
#include "rt/sys.h"

struct core_list_call {
	/* Pure. Is this one entry well formed? */
	enum err (*decode_entry)(uint64_t entry);
	/* An entry with none of these bits is well formed: nearly all are small pages. */
	uint64_t doubtful;
	/* Does entries[first..count) of the message buffer. */
	enum err (*perform)(uint64_t offset, uint64_t count, uint64_t first,
			    struct sys_page_progress *progress);
};

/* Pure. Is this header, read from this gPA, one of a list within one page? */
enum err core_list_decode(uint64_t gpa, const struct svsm_list *list);

/* Answers the call whose list is at RCX. */
void core_list_run(const struct core_list_call *call, const struct msg_header *request,
		   struct msg_header *reply);
