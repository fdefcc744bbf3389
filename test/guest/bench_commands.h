/*
 * The TPM commands that tools/keel bench --tpm counts, by phase: the bench guest sends them to the
 * SVSM, test/unit/services/vtpm/host_bench.c to the same library in a Linux process.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BENCH_PHASES	    8
#define BENCH_COMMAND_BYTES 512

/* Command `n` of a phase, into BENCH_COMMAND_BYTES; yields its size, 0 past the last one. */
size_t bench_command(unsigned int phase, unsigned int n, uint8_t *command);

/* The response code that each command of a phase has to get. */
uint32_t bench_response(unsigned int phase);
