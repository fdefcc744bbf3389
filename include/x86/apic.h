/* Registers of the local APIC: offsets in its page (APM volume 2, section 16.3.2). */
#pragma once

#include "base/bits.h"

#define APIC_BASE_DEFAULT UINT64_C(0xFEE00000)

#define APIC_EOI       0x0B0
#define APIC_SPURIOUS  0x0F0
#define APIC_ICR_LOW   0x300
#define APIC_ICR_HIGH  0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT1 0x360
#define APIC_COUNT     0x380
#define APIC_DIVIDE    0x3E0

/* Spurious vector register: vector 0xFF, and the APIC enabled. */
#define APIC_ENABLED 0x1FF
