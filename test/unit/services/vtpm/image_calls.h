/* The system calls of the traced image (image_run.h), Keel's and Linux's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image_run.h"

struct image_syscall {
	uint64_t number;
	uint64_t args[3];
	uint64_t fs_base; /* arch_prctl sets it */
	int64_t answer;
};

/* Answers the call, or has it fail. False: it ended the service. */
bool image_calls_serve(struct image *image, struct image_syscall *call);

/* Before the image goes on: it has all of its budget. */
void image_calls_enter(const struct image *image);

/* Forgets an earlier image's heap. */
void image_calls_reset(void);
