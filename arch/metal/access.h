/* From access.S. Pointers are window addresses or the kernel's own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/rmp.h"
#include "base/compiler.h"

/* What the RMP instructions yield lies as struct rmp_result does: nothing is taken apart for it. */
ABI_SIZE(struct rmp_result, 8);
ABI_OFFSET(struct rmp_result, status, 0);
ABI_OFFSET(struct rmp_result, unchanged, 4);
ABI_OFFSET(struct rmp_result, faulted, 5);
#define ACCESS_FAULTED (UINT64_C(1) << 40)

bool access_copy(void *to, const void *from, size_t bytes);
bool access_zero(void *to, size_t bytes);
uint64_t access_pvalidate(void *page, uint64_t size, uint64_t validate);
uint64_t access_rmpadjust(void *page, uint64_t size, uint64_t attributes);
uint64_t access_rmpadjust_to(void *page, uint64_t size, uint64_t attributes, uint64_t last);
void access_flush_all(void);
