/* What the bench guests share: the phases that tools/cli/bench.py counts by, and how they fail. */
#pragma once

#include <stdint.h>

/*
 * Begins a phase: a call to a protocol that nobody serves, its call number the phase's, so that
 * whoever reads the simulator's list of calls sees where one ends.
 */
void bench_phase(uint32_t number);

/* Anything but what is wanted ends the guest. */
void bench_expect(const char *what, uint64_t got, uint64_t want);
