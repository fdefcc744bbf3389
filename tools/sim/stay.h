/*
 * How long a vCPU stays in VMPL0, by the TSC around VMRUN: from the entry to VMPL0 until it asks
 * for a lower VMPL, what the simulator does in between left out. A vCPU's first stay is its boot
 * and is counted by itself.
 *
 * Under -icount the TSC counts executed instructions, those of all vCPUs: with one vCPU the numbers
 * are exact and the same in every run, with more of them they are upper bounds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct stay {
	bool is_booted;
	uint64_t ticks; /* of the stay in progress */
};

/* After each run of VMPL0: what the TSC counted, and how the run ended. */
void stay_add(struct stay *stay, uint64_t ticks, uint64_t exit_code);

/* VMPL0 leaves without having answered anybody; or having answered a call. */
void stay_end(struct stay *stay);
void stay_end_call(struct stay *stay, uint64_t call, uint64_t result);

/* The members of the statistics' JSON object, each with a comma after it. */
void stay_write(void);
