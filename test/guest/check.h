/*
 * Verdicts of the test guest. Each case prints `ok NAME` or `FAIL NAME: got .. want ..` and is
 * counted; after each the SVSM must still answer a good call, or that case has failed too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"

/* What is put before the names of the cases that follow; a literal. */
void check_subject(const char *subject);

void check_equal(const char *name, uint64_t got, uint64_t want);
void check_true(const char *name, bool is_true);
void check_skip(const char *name, const char *why);

/*
 * Makes a call and checks the whole of RAX, and that a refusal left RCX, RDX, R8 and R9 as they
 * were. R9 is set to a pattern; no call takes it.
 */
void check_call(const char *name, struct client_call call, uint32_t want);

/* Prints `N passed, N failed`. Yields whether nothing failed. */
bool check_end(void);
