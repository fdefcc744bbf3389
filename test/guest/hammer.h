/*
 * Several CPUs that make calls about the same few pages, against each other. hammer_ops.c has the
 * calls, hammer.c the order of things and the comparison at the end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "client/client.h"
#include "svsm.h"

#define HAMMER_WORKERS 4 /* and one more CPU, which sleeps and whose VMSA nobody gets */
#define HAMMER_PAGES   8
#define HAMMER_NONE    HAMMER_PAGES

#define HAMMER_CORE(call) SVSM_CALL(SVSM_PROTOCOL_CORE, (call))

enum hammer_kind {
	HAMMER_VALIDATE,
	HAMMER_INVALIDATE,
	HAMMER_CREATE,
	HAMMER_DELETE,
	HAMMER_DEPOSIT,
	HAMMER_WITHDRAW,
	HAMMER_REMAP,
	HAMMER_FILL,
	HAMMER_VICTIM,
	HAMMER_RACED,
	HAMMER_KINDS,
};

struct hammer_worker {
	struct client client;
	uint64_t home_gpa; /* the calling area it came with */
	uint64_t random;
	unsigned int area; /* the page that is its calling area now, or HAMMER_NONE */
	uint64_t pattern; /* at that page's end */
	uint64_t done; /* calls; volatile to others */
	uint64_t agreed[HAMMER_KINDS]; /* how often the SVSM did it, */
	uint64_t refused[HAMMER_KINDS]; /* and how often not */
	/* What this worker's calls made of each page, so that all workers' sum is its state. */
	int64_t valid[HAMMER_PAGES];
	int64_t vmsa[HAMMER_PAGES];
	int64_t given[HAMMER_PAGES];
	/* The first answer that may not come. */
	uint64_t odd_call;
	uint64_t odd_answer;
	bool is_odd;
};

static inline uint64_t hammer_gpa(unsigned int page)
{
	return RAM_4K + 0xa1000 + page * PAGE_SIZE;
}

/* Once, before any worker works. */
void hammer_prepare(uint32_t victim_apic_id, uint64_t victim_vmsa, uint64_t victim_caa);

/* `count` steps by worker number `index`; it is back in its own calling area then. */
void hammer_run(struct hammer_worker *worker, unsigned int index, uint64_t count, bool raced);
