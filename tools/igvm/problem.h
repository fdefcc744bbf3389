/*
 * What a user is told when an input does not suit: one line, `FILE: what is wrong (where); what to
 * do`. A host-side helper; the first problem is the one that is kept.
 */
#pragma once

#include "base/compiler.h"
#include "base/err.h"

struct problem {
	char text[1024];
};

/* Returns err, so that a check can end with it. */
enum err problem_set(struct problem *problem, enum err err, const char *file, const char *format,
		     ...) PRINTF_LIKE(4, 5);
