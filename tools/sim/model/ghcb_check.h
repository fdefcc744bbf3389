/*
 * The host half of the GHCB protocol: is a request complete, and where may its scratch area lie?
 * Pure; the GHCB belongs to a guest, each field is read once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "snp/ghcb.h"

/* A request as it was when the guest exited. */
struct ghcb_request {
	uint64_t code;
	uint64_t info_1;
	uint64_t info_2;
	uint64_t rax;
	uint64_t rbx;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t scratch;
	uint64_t xcr0;
	uint64_t valid[2]; /* the bitmap */
};

#define GHCB_IS_VALID(request, field)                                                              \
	((((request)->valid[GHCB_VALID(field) / 64]) >> (GHCB_VALID(field) % 64) & 1) != 0)

/* Takes the request out of the page and clears its bitmap, as KVM does. */
void ghcb_check_take(struct ghcb *ghcb, struct ghcb_request *request);

/* 0, or the GHCB_BAD_* reason for which the request is refused. */
uint32_t ghcb_check_inputs(const struct ghcb_request *request);

/*
 * The scratch area: `bytes` at request->scratch must lie in the shared buffer of the GHCB at
 * `ghcb_gpa`. Returns the offset from the page's start, or 0 when they do not.
 */
uint32_t ghcb_check_scratch(const struct ghcb_request *request, uint64_t ghcb_gpa, uint64_t bytes);
