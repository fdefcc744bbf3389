/* The guest's memory map: the machine's, less what the simulator keeps for itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

#define E820_RAM 1

struct PACKED e820_entry {
	uint64_t base;
	uint64_t bytes;
	uint32_t type;
};
ABI_SIZE(struct e820_entry, 20);

/* After memory_seal(). */
void e820_init(void);
/* By index, ascending; false past the end. */
bool e820_guest_at(unsigned int index, struct e820_entry *entry);
/* The table as fw_cfg's etc/e820 shows it to the guest, and its key; 0 bytes when there is none. */
const void *e820_guest_table(uint16_t *key, uint32_t *bytes);
