/* The instructions that the test guest needs, one inline each. */
#pragma once

#include <stdint.h>

static inline uint64_t cpu_rdmsr(uint32_t msr)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return ((uint64_t)high << 32) | low;
}

static inline void cpu_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

/* VMGEXIT is VMMCALL with a REP prefix. */
static inline void cpu_vmgexit(void)
{
	__asm__ volatile("rep; vmmcall" : : : "memory");
}

static inline uint64_t cpu_rdtsc(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return ((uint64_t)high << 32) | low;
}

static inline void cpu_halt(void)
{
	__asm__ volatile("cli; hlt" : : : "memory");
}

static inline void cpu_flush_tlb(void)
{
	uint64_t cr3;

	__asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

/* Gives another VMPL access to a 4 KiB page; yields EAX. */
static inline uint32_t cpu_rmpadjust(const void *page, uint64_t attributes)
{
	uint64_t rax = (uintptr_t)page;

	__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
			 : "+a"(rax)
			 : "c"(UINT64_C(0)), "d"(attributes)
			 : "cc", "memory");
	return (uint32_t)rax;
}
