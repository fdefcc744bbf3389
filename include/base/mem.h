/* The four memory functions that a freestanding C compiler may call, and a wipe it may not drop. */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes);
void *memmove(void *dst, const void *src, size_t bytes);
void *memset(void *dst, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/* Zeroes secrets; the compiler must not remove it as a dead store. */
static inline void mem_wipe(void *dst, size_t bytes)
{
	memset(dst, 0, bytes);
	__asm__ volatile("" : : "r"(dst) : "memory");
}
