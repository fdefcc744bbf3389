/*
 * The pages of an image being built: owned copies of 4 KiB each, with gPA and type. A page of zeros
 * carries no data. pages_sort() puts them in the order the file has: ascending gPA.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct page {
	uint64_t gpa;
	uint8_t *data; /* 4096 bytes, or NULL for zeros */
	uint16_t type; /* IGVM_PAGE_* */
};

struct pages {
	struct page *list;
	size_t count;
	size_t room;
};

/* One page: `bytes` <= 4096 of data, zeros behind them. Fails only for want of memory. */
enum err pages_add(struct pages *pages, uint64_t gpa, uint16_t type, const void *data,
		   size_t bytes);

/* `count` normal pages from gpa: `bytes` of data, zeros behind them. */
enum err pages_add_range(struct pages *pages, uint64_t gpa, uint64_t count, const void *data,
			 uint64_t bytes);

/* False if two pages have the same gPA. */
bool pages_sort(struct pages *pages);

void pages_free(struct pages *pages);
