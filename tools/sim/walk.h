/*
 * The guest's memory as its CPU sees it, for what the simulator does in the hardware's place:
 * paging with 0, 2, 3, 4 or 5 levels, then the RMP's check for the VMPL that runs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

enum walk_result {
	WALK_OK,
	WALK_FAULT, /* #PF: not mapped, or not writable */
	WALK_REFUSED, /* mapped, but the page is not the guest's to use so */
};

struct walk {
	uint64_t gpa; /* without the C-bit */
	bool is_private;
	bool is_writable;
	uint64_t page_bytes; /* of the guest's own mapping */
};

/* Translates a linear address. */
enum walk_result walk_translate(const struct context *c, uint64_t va, struct walk *walk);

/* Copies from and to linear addresses, as a supervisor access of the running VMPL. */
enum walk_result walk_read(const struct context *c, uint64_t va, void *to, uint64_t bytes);
enum walk_result walk_write(const struct context *c, uint64_t va, const void *from, uint64_t bytes);

/* Up to `bytes` at CS:RIP; returns how many could be read. */
unsigned int walk_fetch(const struct context *c, uint8_t *to, unsigned int bytes);
/* RIP as a linear address. */
uint64_t walk_rip(const struct context *c);

/* Without paging, and with the oldest kind of it, every access is private. */
bool walk_is_always_private(const struct context *c);
