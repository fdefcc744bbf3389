/*
 * Guest memory, the only way to it: by value, within one page, after the address was checked against
 * the memory map, the SVSM's region and the pages that guests may not name (VMSAs).
 */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"

/* ERR_ADDRESS: not guest memory, not accessible, or across a page. Zero bytes are ERR_INVALID. */
enum err guestmem_read(gpa_t from, void *to, size_t bytes);
enum err guestmem_write(gpa_t to, const void *from, size_t bytes);
