/* First fit over a bitmap: requests are rare, and at most HEAP_PAGES_MAX steps each. */
#include "heap.h"

#include <stdbool.h>

#include "base/mem.h"
#include "mm/pool.h"
#include "msg/image.h"
#include "msg/sys.h"

static uva_t page_va(uint32_t page)
{
	return uva(SERVICE_HEAP_VA + page * PAGE_SIZE);
}

static bool is_used(const struct heap *heap, uint32_t page)
{
	return (heap->used[page / 8] >> (page % 8) & 1) != 0;
}

static void flip(struct heap *heap, uint32_t page)
{
	heap->used[page / 8] = (uint8_t)(heap->used[page / 8] ^ 1u << (page % 8));
}

static bool find_run(const struct heap *heap, uint64_t pages, uint32_t *first)
{
	uint64_t run = 0;

	for (uint32_t page = 0; page < heap->pages && pages > 0; page++) {
		run = is_used(heap, page) ? 0 : run + 1;
		if (run == pages) {
			*first = page + 1 - (uint32_t)pages;
			return true;
		}
	}
	return false;
}

static enum err map(struct heap *heap, struct space *space, uint32_t page)
{
	void *memory;
	enum err err = ERR_OK;

	if (arch_space_at(space, page_va(page), IMAGE_WRITE) == NULL) {
		memory = pool_alloc(1);
		err = memory != NULL ? arch_space_map(space, page_va(page), memory,
						      IMAGE_READ | IMAGE_WRITE)
				     : ERR_NOMEM;
		if (err != ERR_OK && memory != NULL) {
			pool_free(memory, 1);
		}
	}
	if (err == ERR_OK) {
		flip(heap, page);
		heap->end = page >= heap->end ? page + 1 : heap->end;
	}
	return err;
}

static void zero(struct space *space, uint32_t page)
{
	void *memory = arch_space_at(space, page_va(page), IMAGE_WRITE);

	if (memory != NULL) {
		mem_wipe(memory, PAGE_SIZE);
	}
}

static void release(struct heap *heap, struct space *space, uint32_t first, uint64_t pages)
{
	for (uint32_t page = first; page < first + pages; page++) {
		zero(space, page);
		flip(heap, page);
	}
}

static enum err take_locked(struct heap *heap, struct space *space, uint64_t pages, uva_t *at)
{
	enum err err = ERR_OK;
	uint32_t first = 0;
	uint32_t done = 0;

	if (!find_run(heap, pages, &first)) {
		return ERR_NOMEM;
	}
	while (done < pages && err == ERR_OK) {
		err = map(heap, space, first + done);
		done += err == ERR_OK;
	}
	if (err != ERR_OK) {
		release(heap, space, first, done);
		return err;
	}
	*at = page_va(first);
	return ERR_OK;
}

enum err heap_take(struct heap *heap, struct space *space, uint64_t pages, uva_t *at)
{
	enum err err;

	lock_take(&heap->lock);
	err = take_locked(heap, space, pages, at);
	lock_release(&heap->lock);
	return err;
}

static enum err give_locked(struct heap *heap, struct space *space, uva_t at, uint64_t pages)
{
	uint64_t first = (at.value - SERVICE_HEAP_VA) / PAGE_SIZE;

	if (at.value < SERVICE_HEAP_VA || at.value % PAGE_SIZE != 0 || first >= heap->pages ||
	    pages == 0 || pages > heap->pages - first) {
		return ERR_INVALID;
	}
	for (uint64_t page = first; page < first + pages; page++) {
		if (!is_used(heap, (uint32_t)page)) {
			return ERR_INVALID;
		}
	}
	release(heap, space, (uint32_t)first, pages);
	return ERR_OK;
}

enum err heap_give(struct heap *heap, struct space *space, uva_t at, uint64_t pages)
{
	enum err err;

	lock_take(&heap->lock);
	err = give_locked(heap, space, at, pages);
	lock_release(&heap->lock);
	return err;
}

void heap_reset(struct heap *heap, struct space *space)
{
	for (uint32_t page = 0; page < heap->end; page++) {
		zero(space, page);
	}
	memset(heap->used, 0, sizeof(heap->used));
}
