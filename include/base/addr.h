/*
 * Addresses that must not be mixed up, as one-field structs: the compiler refuses the wrong one.
 *   gpa_t  guest physical address: names a page of guest (or SVSM) memory; from outside until
 * checked
 *   va_t   a kernel virtual address
 *   uva_t  a virtual address of a service (CPL3)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/overflow.h"

typedef struct {
	uint64_t value;
} gpa_t;

typedef struct {
	uint64_t value;
} va_t;

typedef struct {
	uint64_t value;
} uva_t;

static inline gpa_t gpa(uint64_t value)
{
	return (gpa_t){ value };
}

static inline va_t va(uint64_t value)
{
	return (va_t){ value };
}

static inline uva_t uva(uint64_t value)
{
	return (uva_t){ value };
}

static inline bool gpa_is_page(gpa_t a)
{
	return is_aligned(a.value, PAGE_SIZE);
}

static inline gpa_t gpa_page(gpa_t a)
{
	return gpa(align_down(a.value, PAGE_SIZE));
}

static inline uint64_t gpa_offset(gpa_t a)
{
	return a.value & (PAGE_SIZE - 1);
}

/* Adds a small offset inside an object that the caller has bounds-checked. */
static inline gpa_t gpa_add(gpa_t a, uint64_t offset)
{
	return gpa(a.value + offset);
}

static inline bool gpa_equal(gpa_t a, gpa_t b)
{
	return a.value == b.value;
}

/* A half-open range of guest physical memory. */
struct gpa_range {
	gpa_t base;
	uint64_t bytes;
};

static inline bool gpa_range_has(struct gpa_range r, gpa_t a, uint64_t bytes)
{
	return range_within(a.value, bytes, r.base.value, r.bytes);
}

static inline bool gpa_range_touches(struct gpa_range r, gpa_t a, uint64_t bytes)
{
	return ranges_overlap(a.value, bytes, r.base.value, r.bytes);
}
