/* Checked arithmetic for values that come from outside. True means: it fits, *out is written. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline bool add_fits(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool mul_fits(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

/* Does [base, base+size) lie in [start, start+length)? An empty range lies nowhere. */
static inline bool range_within(uint64_t base, uint64_t size, uint64_t start, uint64_t length)
{
	return size != 0 && base >= start && base - start < length &&
	       size <= length - (base - start);
}

/* Do two ranges share a byte? Ends are exclusive; a range that wraps counts as reaching the top. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	if (a_size == 0 || b_size == 0) {
		return false;
	}
	return a <= b ? b - a < a_size : a - b < b_size;
}
