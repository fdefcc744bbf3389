/*
 * Just enough of an instruction decoder to check a #VC: which instruction stands at RIP, which exit
 * code it can cause, and how long it is. Pure; fuzzed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define INSN_BYTES_MAX 15

struct insn {
	uint64_t exit_code; /* EXIT_* that this instruction causes */
	uint8_t bytes;
};

/* ERR_UNSUPPORTED: none of those that Keel knows; ERR_FORMAT: cut off, or longer than 15 bytes. */
enum err insn_decode(const uint8_t *code, size_t bytes, struct insn *insn);
