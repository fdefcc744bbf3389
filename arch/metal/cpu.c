/* Time and randomness. */
#include "arch/cpu.h"

#include "arch/boot.h"
#include "base/mem.h"
#include "metal/insn.h"
#include "x86/cpuid_table.h"

#define RDRAND_TRIES 10
/* Others may have emptied the source that all CPUs share; what fails is not waited for. */
#define RDSEED_TRIES 4

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

static bool has_rdseed(void)
{
	const struct cpuid_entry *leaf = cpuid_table_find(arch_cpuid_page(), 7, 0);

	return leaf != NULL && (leaf->ebx & CPUID_7_EBX_RDSEED) != 0;
}

static uint64_t rdseed(void)
{
	uint64_t value = 0;
	bool ok = false;

	for (unsigned int i = 0; i < RDSEED_TRIES && !ok; i++) {
		__asm__ volatile("rdseed %0" : "=r"(value), "=@ccc"(ok) : : "cc");
	}
	return ok ? value : 0;
}

/* RDRAND has to give; what RDSEED gives is added to it. */
enum err arch_random(void *dst, size_t bytes)
{
	const bool adds_seed = has_rdseed();
	uint8_t *to = dst;

	while (bytes > 0) {
		uint64_t value;
		size_t part = bytes < sizeof(value) ? bytes : sizeof(value);

		if (!rdrand(&value)) {
			return ERR_FAULT;
		}
		value ^= adds_seed ? rdseed() : 0;
		memcpy(to, &value, part);
		to += part;
		bytes -= part;
	}
	return ERR_OK;
}
