/*
 * memcpy and its family for every bare target. String instructions: small, fast on every SNP part
 * (ERMS, FSRM), and without SSE. Eight bytes at a time first, because an emulator pays per step.
 */
#include "base/mem.h"

#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t bytes)
{
	void *d = dst;
	size_t words = bytes / 8;

	__asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words) : : "memory");
	bytes %= 8;
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(bytes) : : "memory");
	return dst;
}

static void copy_down(uint8_t *dst, const uint8_t *src, size_t bytes)
{
	const uint8_t *s = src + bytes - 1;
	uint8_t *d = dst + bytes - 1;

	__asm__ volatile("std; rep movsb; cld" : "+D"(d), "+S"(s), "+c"(bytes) : : "memory", "cc");
}

void *memmove(void *dst, const void *src, size_t bytes)
{
	if ((uintptr_t)dst - (uintptr_t)src >= bytes) {
		return memcpy(dst, src, bytes);
	}
	copy_down(dst, src, bytes);
	return dst;
}

void *memset(void *dst, int byte, size_t bytes)
{
	void *d = dst;
	uint64_t pattern = UINT64_C(0x0101010101010101) * (uint8_t)byte;
	size_t words = bytes / 8;

	__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
	bytes %= 8;
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(bytes) : "a"(pattern) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (size_t i = 0; i < bytes; i++) {
		if (x[i] != y[i]) {
			return x[i] < y[i] ? -1 : 1;
		}
	}
	return 0;
}
