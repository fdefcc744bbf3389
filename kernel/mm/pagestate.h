/*
 * What the kernel knows of each 4 KiB page of guest memory: whether it validated it, and whose it
 * is. Four bits a page, in tables taken from the pool when a part of memory is first used. The one
 * truth about ownership: a page is never validated twice, and a VMSA never handed out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum page_state {
	PAGE_FREE, /* not validated, or not by us */
	PAGE_GUEST, /* validated and granted to the guest */
	PAGE_CAA, /* the guest's, and a calling area in use */
	PAGE_VMSA, /* a VMSA in use: no lower VMPL may touch it */
	PAGE_SVSM, /* deposited: the SVSM's until it is withdrawn */
};

/*
 * Whoever looks at or changes the state of a page, or touches the page by what it learnt, holds its
 * lock. Pages of one 2 MiB area share a lock, and several areas do: take more than one only by
 * pagestate_lock_two().
 */
void pagestate_lock(gpa_t page);
void pagestate_unlock(gpa_t page);
void pagestate_lock_two(gpa_t a, gpa_t b);
void pagestate_unlock_two(gpa_t a, gpa_t b);

/* Once the memory map is complete. ERR_NOMEM: the region is too small for it. */
enum err pagestate_init(void);

/* Pages of guest memory, found once for several looks at them. */
struct page_span {
	uint64_t first;
	uint64_t count;
};

/*
 * Makes the tables behind a range of guest memory. ERR_ADDRESS: it is not guest memory as a whole;
 * ERR_NOMEM: neither pool nor deposits have a page left for them.
 */
enum err pagestate_find(gpa_t base, uint64_t bytes, struct page_span *span);
enum err pagestate_reserve(gpa_t base, uint64_t bytes);

/* State of a page; PAGE_FREE where no table is. The page is guest memory. */
enum page_state pagestate_get(gpa_t page);

/* Are all pages of the range in this state? */
bool pagestate_span_all(const struct page_span *span, enum page_state state);
bool pagestate_all(gpa_t base, uint64_t bytes, enum page_state state);

/* Of a reserved range. */
void pagestate_span_set(const struct page_span *span, enum page_state state);
void pagestate_set(gpa_t base, uint64_t bytes, enum page_state state);
