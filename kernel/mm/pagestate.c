/*
 * Guest memory as the memory map has it, range after range, is cut into parts of 32 MiB; each has a
 * table of one page. The directory of tables is made at boot, the tables when they are first written.
 */
#include "pagestate.h"

#include "base/mem.h"
#include "lock.h"
#include "mm/memmap.h"
#include "mm/pool.h"
#include "panic.h"

#define PAGES_PER_TABLE (2 * PAGE_SIZE)

static struct lock lock; /* guards directory[] and every table */
static uint8_t **directory;
static uint64_t table_count;

void pagestate_lock(void)
{
	lock_take(&lock);
}

void pagestate_unlock(void)
{
	lock_release(&lock);
}

enum err pagestate_init(void)
{
	uint64_t bytes;

	table_count = (memmap_pages() + PAGES_PER_TABLE - 1) / PAGES_PER_TABLE;
	bytes = align_up(table_count * sizeof(*directory), PAGE_SIZE);
	directory = bytes > 0 ? pool_alloc(bytes / PAGE_SIZE) : NULL;
	return directory != NULL ? ERR_OK : ERR_NOMEM;
}

enum err pagestate_reserve(gpa_t base, uint64_t bytes)
{
	uint64_t first, last;

	if (!memmap_index(base, bytes, &first)) {
		return ERR_ADDRESS;
	}
	last = first + (bytes - 1) / PAGE_SIZE;
	for (uint64_t t = first / PAGES_PER_TABLE; t <= last / PAGES_PER_TABLE; t++) {
		if (directory[t] == NULL) {
			directory[t] = pool_alloc(1);
		}
		if (directory[t] == NULL) {
			return ERR_NOMEM;
		}
	}
	return ERR_OK;
}

static enum page_state get(uint64_t index)
{
	const uint8_t *table = directory[index / PAGES_PER_TABLE];
	uint64_t at = index % PAGES_PER_TABLE;

	return table != NULL ? (enum page_state)(table[at / 2] >> (at % 2 * 4) & 0xF) : PAGE_FREE;
}

static void set(uint64_t index, enum page_state state)
{
	uint8_t *table = directory[index / PAGES_PER_TABLE];
	uint64_t at = index % PAGES_PER_TABLE;
	unsigned int shift = at % 2 * 4;

	ASSERT(table != NULL);
	table[at / 2] = (uint8_t)((table[at / 2] & ~(0xFu << shift)) | (unsigned int)state << shift);
}

enum page_state pagestate_get(gpa_t page)
{
	uint64_t index;

	return memmap_index(page, 1, &index) ? get(index) : PAGE_FREE;
}

bool pagestate_all(gpa_t base, uint64_t bytes, enum page_state state)
{
	uint64_t first;

	if (!memmap_index(base, bytes, &first)) {
		return false;
	}
	for (uint64_t i = 0; i < bytes / PAGE_SIZE; i++) {
		if (get(first + i) != state) {
			return false;
		}
	}
	return true;
}

void pagestate_set(gpa_t base, uint64_t bytes, enum page_state state)
{
	uint64_t first = 0;

	ASSERT(memmap_index(base, bytes, &first));
	for (uint64_t i = 0; i < bytes / PAGE_SIZE; i++) {
		set(first + i, state);
	}
}
