/*
 * What the kernel knows of each 4 KiB page of guest memory: whether it validated it, and whose it is.
 * Four bits a page, in tables taken from the pool when a part of memory is first used. The one truth
 * about ownership: a page is never validated twice, and a VMSA never handed out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum page_state {
	PAGE_FREE,  /* not validated, or not by us */
	PAGE_GUEST, /* validated and granted to the guest */
	PAGE_CAA,   /* the guest's, and a calling area in use */
	PAGE_VMSA,  /* a VMSA in use: no lower VMPL may touch it */
};

/* Everything below holds this lock, and so does whoever touches a page by what it learnt here. */
void pagestate_lock(void);
void pagestate_unlock(void);

/* Once the memory map is complete. ERR_NOMEM: the region is too small for it. */
enum err pagestate_init(void);

/*
 * Makes the tables behind a range of guest memory. ERR_ADDRESS: it is not guest memory as a whole;
 * ERR_NOMEM: the pool is empty, and nothing was changed.
 */
enum err pagestate_reserve(gpa_t base, uint64_t bytes);

/* State of a page; PAGE_FREE where no table is. The page is guest memory. */
enum page_state pagestate_get(gpa_t page);

/* Are all pages of the range in this state? */
bool pagestate_all(gpa_t base, uint64_t bytes, enum page_state state);

/* Of a reserved range. */
void pagestate_set(gpa_t base, uint64_t bytes, enum page_state state);
