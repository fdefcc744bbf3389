/*
 * System memory: what the simulator keeps for itself (from the top of low memory downwards), and
 * the host's map from guest physical pages to system pages. RAM is mapped one to one; what the
 * guest's image wants where there is no RAM (the SVSM's region, the firmware) is backed from hidden
 * memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* All physical memory up to 1 TiB appears here, so that no pointer to RAM is NULL. */
#define MEMORY_DIRECT_MAP   UINT64_C(0x400000000000)
#define MEMORY_DIRECT_BYTES UINT64_C(0x10000000000)
#define MEMORY_IMAGE_BYTES  UINT64_C(0x200000)

#define MEMORY_4G UINT64_C(0x100000000)

struct memory_range {
	uint64_t gpa;
	uint64_t bytes;
	uint64_t spa;
};

static inline void *memory_ptr(uint64_t pa)
{
	return (void *)(uintptr_t)(pa + MEMORY_DIRECT_MAP);
}

/* `base` is what boot.S found: page tables there, the image 2 MiB above. */
void memory_init(uint64_t base);
/* That base again. */
uint64_t memory_tables(void);
/* Physical address of something inside the image. */
uint64_t memory_pa_of(const void *object);

/* Zeroed memory for the simulator. Ends the run when the guest would get too little. */
uint64_t memory_alloc(uint64_t bytes, uint64_t align);

/* Before the seal: the guest's image needs memory here. After it: the guest's memory is final. */
void memory_want(uint64_t gpa, uint64_t bytes);
void memory_back_wanted(void);
void memory_seal(void);

/* The system page behind a guest page; false: nothing there, or a device. */
bool memory_find(uint64_t gpa, uint64_t *spa);
/* Does a system range touch memory that is hidden from the guest? */
bool memory_is_hidden(uint64_t spa, uint64_t bytes);

uint64_t memory_low_end(void); /* RAM below 4 GiB, the simulator's included */
uint64_t memory_high_bytes(void); /* RAM from 4 GiB on */
uint64_t memory_hidden_base(void);
/* The host's map, by index; false past its end. */
bool memory_range_at(unsigned int index, struct memory_range *range);
