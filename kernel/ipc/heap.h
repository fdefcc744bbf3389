/*
 * Memory that a service asks for while it runs, up to the quota in its table entry. A page that was
 * mapped once stays mapped, so no TLB has to be flushed: given back, it is zeroed and waits for the
 * service's next request.
 */
#pragma once

#include <stdint.h>

#include "arch/space.h"
#include "base/addr.h"
#include "base/err.h"
#include "lock.h"

#define HEAP_PAGES_MAX 2048

struct heap {
	struct lock lock; /* guards the rest, and the page tables behind the heap */
	uint32_t pages; /* the quota */
	uint32_t end; /* none from here on was ever used */
	uint8_t used[HEAP_PAGES_MAX / 8];
};

/* As many zeroed pages, together; *at is the first. ERR_NOMEM: the quota or the pool has no more.
 */
enum err heap_take(struct heap *heap, struct space *space, uint64_t pages, uva_t *at);

/* Gives pages back. ERR_INVALID: the range is not of the heap, or not in use as a whole. */
enum err heap_give(struct heap *heap, struct space *space, uva_t at, uint64_t pages);

/* Everything back, zeroed: the service starts anew or has ended, and nobody is inside. */
void heap_reset(struct heap *heap, struct space *space);
