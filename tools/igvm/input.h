/* A whole file in memory, bounded: what the builder and `show` read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "problem.h"

#define INPUT_MAX_BYTES ((size_t)0x10000000)

struct input {
	const char *path;
	uint8_t *data;
	size_t bytes;
};

/* Empty files, directories and files above INPUT_MAX_BYTES are refused. */
enum err input_read(struct input *input, const char *path, struct problem *problem);
void input_free(struct input *input);
