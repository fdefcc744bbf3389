/* The parts of QEMU's q35 board that firmware has to set up before anyone can use them. */
#pragma once

#include <stdint.h>

#include "base/compiler.h"

/* RAM instead of ROM below 1 MiB, the ACPI ports at 0x600, no interrupts by the PICs. */
void machine_init(void);
void machine_off(void) NORETURN;
