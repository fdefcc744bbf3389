/* The heap of the simulator's cryptography: zeroed, apart, and whole again when all is given back.
 */
#include "heap.h"

#include <stdint.h>

#include "unit.h"

#define BLOCKS 64
#define WHOLE  (HEAP_BYTES - 16)

static bool is_zero(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] != 0) {
			return false;
		}
	}
	return true;
}

static bool is_whole(void)
{
	void *all = heap_take(1, WHOLE);

	heap_give(all);
	return all != NULL;
}

TEST(takes_all)
{
	CHECK(is_whole());
	CHECK(heap_take(1, WHOLE + 1) == NULL);
	ROW("a product that wraps");
	CHECK(heap_take(SIZE_MAX / 2, 4) == NULL);
	CHECK(heap_take(SIZE_MAX, 1) == NULL);
	ROW("NULL");
	heap_give(NULL);
	CHECK(is_whole());
}

/* Each block is filled with its own byte, and still has it when it is given back. */
TEST(keeps_blocks_apart)
{
	uint8_t *blocks[BLOCKS] = {NULL};
	size_t sizes[BLOCKS] = {0};
	uint32_t random = 12345;

	for (unsigned int step = 0; step < 20000; step++) {
		size_t i;

		random = random * 1664525 + 1013904223;
		i = random >> 16 & (BLOCKS - 1);
		if (blocks[i] != NULL) {
			for (size_t b = 0; b < sizes[i]; b++) {
				if (blocks[i][b] != (uint8_t)(i + 1)) {
					CHECK_EQ(blocks[i][b], i + 1);
					return;
				}
			}
			heap_give(blocks[i]);
			blocks[i] = NULL;
			continue;
		}
		sizes[i] = random >> 8 & 0x7ff;
		blocks[i] = heap_take(1, sizes[i]);
		if (blocks[i] == NULL) {
			continue;
		}
		if (!is_zero(blocks[i], sizes[i]) || (uintptr_t)blocks[i] % 16 != 0) {
			CHECK(is_zero(blocks[i], sizes[i]));
			return;
		}
		memset(blocks[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < BLOCKS; i++) {
		heap_give(blocks[i]);
	}
	CHECK(is_whole());
	CHECK(heap_peak() > 0);
}

TEST(says_when_it_is_full)
{
	void *blocks[200];
	size_t count = 0;

	while (count < 200 && (blocks[count] = heap_take(4, 256)) != NULL) {
		count++;
	}
	/* 1040 bytes each, with what tells their size. */
	CHECK_EQ(count, HEAP_BYTES / 1040);
	while (count > 0) {
		heap_give(blocks[--count]);
	}
	CHECK(is_whole());
}

UNIT_MAIN(CASE(takes_all), CASE(keeps_blocks_apart), CASE(says_when_it_is_full))
