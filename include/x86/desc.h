/* Gates of the IDT in 64-bit mode, and what LGDT and LIDT take (APM volume 2, 4.6 and 4.8.4). */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

#define X86_GATE_INTERRUPT_DPL0 0x8E

struct x86_gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};
ABI_SIZE(struct x86_gate, 16);

struct x86_table_pointer {
	uint16_t limit; /* bytes - 1 */
	uint64_t base;
} PACKED;

/* An interrupt gate that only CPL0 may use by INT; ist 0: no stack of its own. */
static inline struct x86_gate x86_interrupt_gate(uint64_t handler, uint16_t selector, uint8_t ist)
{
	return (struct x86_gate){
		.offset_low = (uint16_t)handler,
		.selector = selector,
		.ist = ist,
		.type = X86_GATE_INTERRUPT_DPL0,
		.offset_middle = (uint16_t)(handler >> 16),
		.offset_high = (uint32_t)(handler >> 32),
	};
}
