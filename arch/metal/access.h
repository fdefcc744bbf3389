/* From access.S. Pointers are window addresses or the kernel's own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_FAULTED (~UINT64_C(0))

bool access_copy(void *to, const void *from, size_t bytes);
bool access_zero(void *to, size_t bytes);
uint64_t access_pvalidate(void *page, uint64_t size, uint64_t validate);
uint64_t access_rmpadjust(void *page, uint64_t size, uint64_t attributes);
void access_flush_all(void);
