/*
 * The memory map of an IGVM parameter page: whatever the host writes there, ranges are whole pages,
 * apart from each other, below the physical address limit, numbered without gaps, and never the
 * SVSM's region. The map is written once in a kernel's life, so this target has it in its own unit.
 */
#include "../../kernel/mm/memmap.c"

#include "fuzz.h"

#define REGION_BASE  UINT64_C(0x40000000)
#define REGION_BYTES UINT64_C(0x800000)

uint64_t arch_address_limit(void)
{
	return BIT(51);
}

struct gpa_range pool_region(void)
{
	return (struct gpa_range){ gpa(REGION_BASE), REGION_BYTES };
}

/* Its first page has a number unless it is the region's; so has its last. */
static void check_range(const struct gpa_range *r, uint64_t before)
{
	bool is_ours = gpa_range_touches(pool_region(), r->base, 1);

	FUZZ_CHECK(gpa_is_page(r->base) && is_aligned(r->bytes, PAGE_SIZE) && r->bytes > 0);
	FUZZ_CHECK(r->base.value + r->bytes <= arch_address_limit());
	FUZZ_CHECK(memmap_index(r->base, 1) == (is_ours ? MEMMAP_NONE : before));
}

static void check_apart(size_t i)
{
	for (size_t j = 0; j < i; j++) {
		FUZZ_CHECK(!gpa_range_touches(ranges[j], ranges[i].base, ranges[i].bytes));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	enum err err;
	uint64_t before = 0;

	range_count = 0;
	err = memmap_from_igvm(data, bytes);
	FUZZ_CHECK(err == ERR_OK || err == ERR_HOST || err == ERR_NOMEM);
	FUZZ_CHECK(range_count <= MEMMAP_MAX);
	for (size_t i = 0; i < range_count; i++) {
		check_range(&ranges[i], before);
		check_apart(i);
		before += ranges[i].bytes / PAGE_SIZE;
	}
	FUZZ_CHECK(before == memmap_pages());
	FUZZ_CHECK(!memmap_has(gpa(REGION_BASE), 1));
	FUZZ_CHECK(!memmap_has(gpa(REGION_BASE + REGION_BYTES - 1), 1));
	FUZZ_CHECK(!memmap_has(gpa(REGION_BASE - PAGE_SIZE), PAGE_SIZE + 1));
	return 0;
}
