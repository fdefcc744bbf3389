/* The guest's memory map: written at boot, then only read. The region is cut out on the way in. */
#include "memmap.h"

#include "arch/boot.h"
#include "base/buf.h"
#include "base/overflow.h"
#include "mm/pool.h"
#include "snp/igvm.h"

static struct gpa_range ranges[MEMMAP_MAX];
static size_t range_count;

/* Joins the range to its predecessor where they meet, so that a page pair across them is found. */
static bool join_last(gpa_t base, uint64_t bytes)
{
	struct gpa_range *last = range_count > 0 ? &ranges[range_count - 1] : NULL;

	if (last == NULL || last->base.value + last->bytes != base.value) {
		return false;
	}
	last->bytes += bytes;
	return true;
}

/* Whole pages, none of them the region's. */
static enum err add_range(uint64_t start, uint64_t end)
{
	if (start >= end) {
		return ERR_OK;
	}
	/* Two entries for one page would give it two states. */
	for (size_t i = 0; i < range_count; i++) {
		if (gpa_range_touches(ranges[i], gpa(start), end - start)) {
			return ERR_HOST;
		}
	}
	if (join_last(gpa(start), end - start)) {
		return ERR_OK;
	}
	if (range_count == MEMMAP_MAX) {
		return ERR_NOMEM;
	}
	ranges[range_count++] = (struct gpa_range){gpa(start), end - start};
	return ERR_OK;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What lies below the SVSM's region, and what lies above. */
enum err memmap_add(uint64_t base, uint64_t bytes)
{
	const uint64_t region = pool_region().base.value;
	const uint64_t region_end = region + pool_region().bytes;
	uint64_t end, start;
	enum err err;

	/* An address with the C-bit set would be mapped as the one without it. */
	if (!add_fits(base, bytes, &end) || end > arch_address_limit()) {
		return ERR_HOST;
	}
	start = align_up(base, PAGE_SIZE);
	end = align_down(end, PAGE_SIZE);
	err = add_range(start, min(end, region));
	return err == ERR_OK ? add_range(max(start, region_end), end) : err;
}

uint64_t memmap_index(gpa_t base, uint64_t bytes)
{
	uint64_t before = 0;

	for (size_t i = 0; i < range_count; i++) {
		if (gpa_range_has(ranges[i], base, bytes)) {
			return before + (base.value - ranges[i].base.value) / PAGE_SIZE;
		}
		before += ranges[i].bytes / PAGE_SIZE;
	}
	return MEMMAP_NONE;
}

bool memmap_has(gpa_t base, uint64_t bytes)
{
	return memmap_index(base, bytes) != MEMMAP_NONE;
}

uint64_t memmap_pages(void)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < range_count; i++) {
		pages += ranges[i].bytes / PAGE_SIZE;
	}
	return pages;
}

size_t memmap_ranges(void)
{
	return range_count;
}

static enum err add_entry(const struct igvm_memory_map_entry *e)
{
	uint64_t base, bytes;

	if (e->type != IGVM_MEMORY_RAM) {
		return ERR_OK;
	}
	if (!mul_fits(e->page_number, PAGE_SIZE, &base) ||
	    !mul_fits(e->page_count, PAGE_SIZE, &bytes)) {
		return ERR_HOST;
	}
	return memmap_add(base, bytes);
}

enum err memmap_from_igvm(const void *data, size_t bytes)
{
	struct rdbuf b = rdbuf_over(data, bytes);
	struct igvm_memory_map_entry entry;
	enum err err = ERR_OK;

	while (err == ERR_OK && rdbuf_copy(&b, &entry, sizeof(entry)) && entry.page_count != 0) {
		err = add_entry(&entry);
	}
	return err;
}
