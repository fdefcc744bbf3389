/*
 * First fit over blocks that lie one behind the other; neighbours that are free become one when
 * somebody looks for room. mbedtls wants a few KiB in blocks of some ten to some hundred bytes, and
 * frees them in nearly the order it took them.
 */
#include "heap.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/overflow.h"

#define HEAP_ALIGN 16u

struct block {
	uint32_t bytes; /* with this header */
	bool is_used;
	uint8_t padding[11];
};
ABI_SIZE(struct block, HEAP_ALIGN);

static uint8_t heap[HEAP_BYTES] ALIGNED(HEAP_ALIGN);
static size_t used;
static size_t peak;

static struct block *block_at(uint32_t offset)
{
	return (struct block *)(void *)(heap + offset);
}

/* The free block at OFFSET with all free ones behind it. */
static void merge(uint32_t offset)
{
	struct block *b = block_at(offset);

	while (offset + b->bytes < HEAP_BYTES && !block_at(offset + b->bytes)->is_used) {
		b->bytes += block_at(offset + b->bytes)->bytes;
	}
}

static void take(uint32_t offset, uint32_t bytes)
{
	struct block *b = block_at(offset);

	if (b->bytes - bytes > sizeof(*b)) {
		*block_at(offset + bytes) = (struct block){.bytes = b->bytes - bytes};
		b->bytes = bytes;
	}
	b->is_used = true;
	used += b->bytes;
	peak = used > peak ? used : peak;
	memset(b + 1, 0, b->bytes - sizeof(*b));
}

void *heap_take(size_t count, size_t bytes)
{
	uint64_t all;
	uint32_t wanted;

	if (!mul_fits(count, bytes, &all) || all > HEAP_BYTES - sizeof(struct block)) {
		return NULL;
	}
	wanted = (uint32_t)align_up(all + sizeof(struct block), HEAP_ALIGN);
	if (block_at(0)->bytes == 0) {
		block_at(0)->bytes = HEAP_BYTES;
	}
	for (uint32_t at = 0; at < HEAP_BYTES; at += block_at(at)->bytes) {
		if (block_at(at)->is_used) {
			continue;
		}
		merge(at);
		if (block_at(at)->bytes >= wanted) {
			take(at, wanted);
			return block_at(at) + 1;
		}
	}
	return NULL;
}

void heap_give(void *block)
{
	struct block *b = block;

	if (b != NULL) {
		b--;
		b->is_used = false;
		used -= b->bytes;
	}
}

size_t heap_peak(void)
{
	return peak;
}
