/*
 * Guest memory as the memory map has it, range after range, is cut into parts of 32 MiB; each has a
 * table of one page. The directory of tables is made at boot, the tables when they are first
 * written.
 */
#include "pagestate.h"

#include <stdatomic.h>

#include "arch/deposit.h"
#include "lock.h"
#include "mm/deposit.h"
#include "mm/memmap.h"
#include "mm/pool.h"
#include "panic.h"

#define PAGES_PER_TABLE (2 * PAGE_SIZE)

#define OWNER_MASK 3u

#define LOCKS	       64
#define RESERVED_PAGES (DEPOSIT_SLOTS / 512 + 4)

static struct lock locks[LOCKS]; /* by 2 MiB area; each guards the states of its pages */
static struct lock
	directory_lock; /* guards the filling of directory[]; entries never change again */
static uint8_t *_Atomic *directory;
static uint64_t table_count;

static unsigned int lock_of(gpa_t page)
{
	return (unsigned int)(page.value >> PAGE_2M_SHIFT) % LOCKS;
}

void pagestate_lock(gpa_t page)
{
	lock_take(&locks[lock_of(page)]);
}

void pagestate_unlock(gpa_t page)
{
	lock_release(&locks[lock_of(page)]);
}

/* Ascending, and one that serves both once. */
void pagestate_lock_two(gpa_t a, gpa_t b)
{
	unsigned int first = lock_of(a), second = lock_of(b);

	lock_take(&locks[first < second ? first : second]);
	if (first != second) {
		lock_take(&locks[first < second ? second : first]);
	}
}

void pagestate_unlock_two(gpa_t a, gpa_t b)
{
	unsigned int first = lock_of(a), second = lock_of(b);

	lock_release(&locks[first]);
	if (first != second) {
		lock_release(&locks[second]);
	}
}

enum err pagestate_init(void)
{
	uint64_t bytes;

	table_count = (memmap_pages() + PAGES_PER_TABLE - 1) / PAGES_PER_TABLE;
	bytes = align_up(table_count * sizeof(*directory), PAGE_SIZE);
	directory = bytes > 0 ? pool_alloc(bytes / PAGE_SIZE) : NULL;
	return directory != NULL ? ERR_OK : ERR_NOMEM;
}

/*
 * The last pages of the pool are kept for the page tables that map deposits: without them the SVSM
 * could ask for memory that it cannot take.
 */
static void *new_table(void)
{
	void *table = deposit_take();

	if (table == NULL && pool_free_pages() > RESERVED_PAGES) {
		table = pool_alloc(1);
	}
	return table;
}

static enum err add_table(uint64_t t)
{
	lock_take(&directory_lock);
	if (directory[t] == NULL) {
		directory[t] = new_table();
	}
	lock_release(&directory_lock);
	return directory[t] != NULL ? ERR_OK : ERR_NOMEM;
}

/* Without tables: only to look at, or to make them. */
static bool find(gpa_t base, uint64_t bytes, struct page_span *span)
{
	span->count = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
	span->first = memmap_index(base, bytes);
	return span->first != MEMMAP_NONE;
}

enum err pagestate_find(gpa_t base, uint64_t bytes, struct page_span *span)
{
	if (!find(base, bytes, span)) {
		return ERR_ADDRESS;
	}
	for (uint64_t t = span->first / PAGES_PER_TABLE;
	     t * PAGES_PER_TABLE < span->first + span->count; t++) {
		if (directory[t] == NULL && add_table(t) != ERR_OK) {
			return ERR_NOMEM;
		}
	}
	return ERR_OK;
}

enum err pagestate_reserve(gpa_t base, uint64_t bytes)
{
	struct page_span span;

	return pagestate_find(base, bytes, &span);
}

/* State and owner in one. */
static inline unsigned int get(uint64_t index)
{
	const uint8_t *table = directory[index / PAGES_PER_TABLE];
	uint64_t at = index % PAGES_PER_TABLE;

	return table != NULL ? (unsigned int)table[at / 2] >> (at % 2 * 4) & 0xF : PAGE_FREE;
}

/* Two pages share a byte and may have different locks: each half is changed by itself. */
static void set(uint64_t index, unsigned int code)
{
	_Atomic uint8_t *table = (_Atomic uint8_t *)directory[index / PAGES_PER_TABLE];
	uint64_t at = index % PAGES_PER_TABLE;
	unsigned int shift = at % 2 * 4;

	ASSERT(table != NULL);
	atomic_fetch_and(&table[at / 2], (uint8_t) ~(0xFu << shift));
	atomic_fetch_or(&table[at / 2], (uint8_t)(code << shift));
}

static inline unsigned int get_page(gpa_t page)
{
	uint64_t index = memmap_index(page, 1);

	return index != MEMMAP_NONE ? get(index) : PAGE_FREE;
}

enum page_state pagestate_get(gpa_t page)
{
	unsigned int code = get_page(page);

	return (enum page_state)(code >= PAGE_GUEST ? code & ~OWNER_MASK : code);
}

unsigned int pagestate_owner(gpa_t page)
{
	unsigned int code = get_page(page);

	return code >= PAGE_GUEST ? code & OWNER_MASK : PAGE_NOBODY;
}

bool pagestate_is_within_reach(gpa_t page, unsigned int vmpl)
{
	unsigned int code = get_page(page);

	return code >= PAGE_GUEST && code < PAGE_VMSA && (code & OWNER_MASK) >= vmpl;
}

bool pagestate_span_all(const struct page_span *span, enum page_state state, unsigned int owner)
{
	const uint64_t end = span->first + span->count;

	for (uint64_t i = span->first; i < end; i++) {
		if (get(i) != (state | owner)) {
			return false;
		}
	}
	return true;
}

bool pagestate_all(gpa_t base, uint64_t bytes, enum page_state state, unsigned int owner)
{
	struct page_span span;

	return find(base, bytes, &span) && pagestate_span_all(&span, state, owner);
}

void pagestate_span_set(const struct page_span *span, enum page_state state, unsigned int owner)
{
	const uint64_t end = span->first + span->count;

	for (uint64_t i = span->first; i < end; i++) {
		set(i, state | owner);
	}
}

void pagestate_set(gpa_t base, uint64_t bytes, enum page_state state, unsigned int owner)
{
	struct page_span span = { 0 };

	ASSERT(find(base, bytes, &span));
	pagestate_span_set(&span, state, owner);
}

void pagestate_become(gpa_t page, enum page_state state)
{
	pagestate_set(page, PAGE_SIZE, state, pagestate_owner(page));
}
