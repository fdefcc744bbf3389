/* Guest memory, the only way to it: by value, within one page, after its state was checked. */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"

/*
 * On behalf of `vmpl`, 1 to 3, which reaches its own pages and those of less privileged VMPLs.
 * ERR_ADDRESS: not such memory, not validated through us, not accessible, or across a page. Zero
 * bytes are ERR_INVALID. The page's lock is held throughout: a page cannot become a VMSA between
 * check and copy, or a guest could write into one by the results of its calls.
 */
enum err guestmem_read(gpa_t from, void *to, size_t bytes, unsigned int vmpl);
enum err guestmem_write(gpa_t to, const void *from, size_t bytes, unsigned int vmpl);

/* For those who hold the page's lock already. */
enum err guestmem_write_locked(gpa_t to, const void *from, size_t bytes, unsigned int vmpl);
