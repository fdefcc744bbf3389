/* The linker script's symbols, as typed values. The only C that knows their names is layout.c. */
#pragma once

#include <stdint.h>

/* An instruction that may fault, and where to go on if it does (access.S). */
struct fixup {
	uint64_t instruction;
	uint64_t resume;
};

const struct fixup *layout_fixups(void);
const struct fixup *layout_fixups_end(void);
uint64_t layout_stack_top(void);
