/*
 * Events whose delivery an exit cut short (APM volume 2, EXITINTINFO). The LAPIC has acknowledged
 * such an interrupt: if the host forgets it, no interrupt of its priority or below arrives ever
 * again.
 */
#pragma once

#include <stdint.h>

/*
 * What to inject (EVENTINJ format) after an exit with EXITINTINFO RAW, or 0 for nothing. QEMU's TCG
 * reports hardware interrupts as exceptions, with their vector. Software interrupts happen again by
 * themselves: RIP is still at the instruction.
 */
uint64_t event_again(uint64_t raw);
