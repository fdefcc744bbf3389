/* Bit masks and alignment. Arguments are evaluated once or are constants. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BIT(n)	   (UINT64_C(1) << (n))
#define BIT32(n)   (UINT32_C(1) << (n))
/* Bits hi..lo, both included, as the manuals write them. */
#define MASK(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))

#define PAGE_SHIFT    12
#define PAGE_SIZE     UINT64_C(4096)
#define PAGE_2M_SHIFT 21
#define PAGE_2M_SIZE  UINT64_C(0x200000)
#define PAGES_PER_2M  UINT64_C(512)

static inline bool is_aligned(uint64_t value, uint64_t power_of_two)
{
	return (value & (power_of_two - 1)) == 0;
}

static inline uint64_t align_down(uint64_t value, uint64_t power_of_two)
{
	return value & ~(power_of_two - 1);
}

/* The caller knows that value + power_of_two does not wrap. */
static inline uint64_t align_up(uint64_t value, uint64_t power_of_two)
{
	return align_down(value + power_of_two - 1, power_of_two);
}

static inline uint64_t bits_get(uint64_t value, unsigned int hi, unsigned int lo)
{
	return (value & MASK(hi, lo)) >> lo;
}
