/* A first-fit page allocator over one bitmap: allocation is rare and bounded by the region's size.
 */
#include "pool.h"

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "lock.h"
#include "panic.h"

#define POOL_PAGES_MAX (REGION_BYTES_MAX / PAGE_SIZE)

static struct lock pool_lock; /* guards used[] and free_pages */
static uint8_t used[POOL_PAGES_MAX / 8];
static size_t first_page, end_page; /* of the region; set once at boot */
static size_t free_pages;
static struct gpa_range region;
static uint8_t *base; /* where the region is mapped */

void pool_init(const struct image_map *image)
{
	region = (struct gpa_range){gpa(image->region_base), image->region_bytes};
	base = (uint8_t *)(uintptr_t)image;
	first_page = image->image_pages;
	end_page = image->region_bytes / PAGE_SIZE;
	free_pages = end_page - first_page;
	ASSERT(end_page <= POOL_PAGES_MAX && first_page < end_page);
}

static bool is_used(size_t page)
{
	return (used[page / 8] >> (page % 8) & 1) != 0;
}

static void mark(size_t page, size_t pages, bool value)
{
	for (size_t i = page; i < page + pages; i++) {
		uint8_t bit = (uint8_t)(1u << (i % 8));

		used[i / 8] = (uint8_t)(value ? used[i / 8] | bit : used[i / 8] & ~bit);
	}
}

/* First page of a free run, or 0 (page 0 is the image map). */
static size_t find_run(size_t pages)
{
	size_t run = 0;

	for (size_t page = first_page; page < end_page; page++) {
		run = is_used(page) ? 0 : run + 1;
		if (run == pages) {
			return page + 1 - pages;
		}
	}
	return 0;
}

void *pool_alloc(size_t pages)
{
	void *found = NULL;
	size_t page;

	ASSERT(pages > 0);
	lock_take(&pool_lock);
	page = find_run(pages);
	if (page != 0) {
		mark(page, pages, true);
		free_pages -= pages;
		found = base + page * PAGE_SIZE;
		memset(found, 0, pages * PAGE_SIZE);
	}
	lock_release(&pool_lock);
	return found;
}

void *pool_alloc_vmsa(void)
{
	uint8_t *page = pool_alloc(1);

	if (page == NULL || !is_aligned(pool_gpa(page).value, PAGE_2M_SIZE)) {
		return page;
	}
	/* The aligned page is kept while the next one is taken, then given back. */
	void *other = pool_alloc(1);

	pool_free(page, 1);
	return other;
}

void pool_free(void *first, size_t pages)
{
	size_t page = (size_t)((uint8_t *)first - base) / PAGE_SIZE;

	ASSERT(page >= first_page && page + pages <= end_page);
	mem_wipe(first, pages * PAGE_SIZE);
	lock_take(&pool_lock);
	mark(page, pages, false);
	free_pages += pages;
	lock_release(&pool_lock);
}

gpa_t pool_gpa(const void *at)
{
	uint64_t offset = (uint64_t)((const uint8_t *)at - base);

	ASSERT(offset < region.bytes);
	return gpa_add(region.base, offset);
}

void *pool_at(gpa_t page)
{
	ASSERT(gpa_range_has(region, page, 1));
	return base + (page.value - region.base.value);
}

struct gpa_range pool_region(void)
{
	return region;
}

uint64_t pool_image_bytes(void)
{
	return first_page * PAGE_SIZE;
}

size_t pool_free_pages(void)
{
	return free_pages;
}
