/* Time and randomness. */
#include "arch/cpu.h"

#include "base/mem.h"
#include "metal/insn.h"

#define RDRAND_TRIES 10

uint64_t arch_ticks(void)
{
	return insn_rdtsc();
}

static bool rdrand(uint64_t *value)
{
	bool ok = false;

	for (unsigned int i = 0; i < RDRAND_TRIES && !ok; i++) {
		__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok) : : "cc");
	}
	return ok;
}

enum err arch_random(void *dst, size_t bytes)
{
	uint8_t *to = dst;

	while (bytes > 0) {
		uint64_t value;
		size_t part = bytes < sizeof(value) ? bytes : sizeof(value);

		if (!rdrand(&value)) {
			return ERR_FAULT;
		}
		memcpy(to, &value, part);
		to += part;
		bytes -= part;
	}
	return ERR_OK;
}
