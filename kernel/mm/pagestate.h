/*
 * What the kernel knows of each 4 KiB page of guest memory: whether it validated it, and whose it
 * is. Four bits a page, in tables taken from the pool when a part of memory is first used. The one
 * truth about ownership: a page is never validated twice, a VMSA never handed out, and no lower
 * VMPL gets what is another's.
 *
 * A page's owner is the VMPL that had it validated or withdrew it; the guest's, for its firmware;
 * the vCPU's, for a calling area. Only the owner may have it made something else; for reading and
 * writing, the kernel serves the more privileged VMPLs too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/* The last three leave two bits for the owner, VMPL 1 to 3. */
enum page_state {
	PAGE_FREE = 0, /* not validated, or not by us */
	PAGE_SVSM = 1, /* deposited: the SVSM's until it is withdrawn */
	PAGE_LOST = 2, /* validated, but could not be zeroed: nobody is to see it */
	PAGE_GUEST = 4, /* validated and granted to its owner */
	PAGE_CAA = 8, /* its owner's, and a calling area in use */
	PAGE_VMSA = 12, /* a VMSA in use: no lower VMPL may touch it */
};

/* The owner of pages in the other states. */
#define PAGE_NOBODY 0u

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

/* State of a page, and its owner; PAGE_FREE and PAGE_NOBODY where no table is, and elsewhere. */
enum page_state pagestate_get(gpa_t page);
unsigned int pagestate_owner(gpa_t page);

/* May `vmpl` have it read and written: is it a page of its own, or of a less privileged VMPL's? */
bool pagestate_is_within_reach(gpa_t page, unsigned int vmpl);

/* Are all pages of the range in this state, and this owner's? */
bool pagestate_span_all(const struct page_span *span, enum page_state state, unsigned int owner);
bool pagestate_all(gpa_t base, uint64_t bytes, enum page_state state, unsigned int owner);

/* Of a reserved range. */
void pagestate_span_set(const struct page_span *span, enum page_state state, unsigned int owner);
void pagestate_set(gpa_t base, uint64_t bytes, enum page_state state, unsigned int owner);

/* Another state of a page that keeps its owner. */
void pagestate_become(gpa_t page, enum page_state state);
