/* The CPUID values of the guest: one source for the CPUID page, the MSR protocol and the GHCB. */
#pragma once

#include "snp/cpuid_page.h"
#include "x86.h"

struct cpuid_regs cpuid_guest(uint32_t leaf, uint32_t subleaf);
void cpuid_fill_page(struct cpuid_page *page);
