/* The heap of the simulator's cryptography; nothing else allocates and frees. Under the lock. */
#pragma once

#include <stddef.h>

/* Signing and verifying take less than 2 KiB of it. */
#define HEAP_BYTES 0x4000u

/* As calloc() and free(). */
void *heap_take(size_t count, size_t bytes);
void heap_give(void *block);

/* The most that was in use at once, in bytes. */
size_t heap_peak(void);
