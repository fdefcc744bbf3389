/* Linker symbols end here. */
#include "metal/layout.h"

extern const struct fixup layout_fixups_first[];
extern const struct fixup layout_fixups_last[];
extern const uint8_t layout_boot_stack_top[];

const struct fixup *layout_fixups(void)
{
	return layout_fixups_first;
}

const struct fixup *layout_fixups_end(void)
{
	return layout_fixups_last;
}

uint64_t layout_stack_top(void)
{
	return (uint64_t)(uintptr_t)layout_boot_stack_top;
}
