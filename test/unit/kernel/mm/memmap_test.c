/*
 * The guest's memory map from hostile data: what is trimmed, joined, refused, and that the SVSM's
 * region is never in it. The map is written once per process, so cases build on one another.
 */
#include "mm/memmap.h"

#include "base/compiler.h"
#include "fake/fake.h"
#include "mm/pool.h"
#include "snp/igvm.h"
#include "unit.h"

#define REGION_PAGES 16
#define REGION_BASE  UINT64_C(0x40000000)

static ALIGNED(4096) uint8_t region[REGION_PAGES * 4096];

static void start(void)
{
	struct image_map *image = (struct image_map *)(void *)region;

	image->region_base = REGION_BASE;
	image->region_bytes = sizeof(region);
	image->image_pages = 4;
	pool_init(image);
}

TEST(refuses_lies)
{
	static const struct {
		const char *name;
		uint64_t base, bytes;
	} rows[] = {
		{ "wraps", UINT64_MAX - 4095, 8192 },
		{ "wraps to zero", UINT64_MAX - 4095, 4096 },
		{ "the C-bit", BIT(FAKE_CBIT), 4096 },
		{ "the C-bit, and a page of the region", BIT(FAKE_CBIT) | REGION_BASE, 4096 },
		{ "ends above the C-bit", BIT(FAKE_CBIT) - 4096, 8192 },
		{ "above 52 bits", BIT(52), 4096 },
		{ "all", 0, UINT64_MAX },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(memmap_add(rows[i].base, rows[i].bytes), ERR_HOST);
		CHECK_EQ(memmap_ranges(), 0);
	}
}

TEST(drops_what_is_no_whole_page)
{
	static const struct {
		const char *name;
		uint64_t base, bytes;
	} rows[] = {
		{ "nothing", 0x1000, 0 },
		{ "less than a page", 0x1000, 4095 },
		{ "across a boundary", 0x1800, 4096 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(memmap_add(rows[i].base, rows[i].bytes), ERR_OK);
		CHECK_EQ(memmap_ranges(), 0);
	}
}

/* 1 MiB + 0x800 .. 3 MiB - 1, then from 3 MiB - 4 KiB on: they meet and become one. */
TEST(trims_and_joins)
{
	CHECK_EQ(memmap_add(0x100800, 0x1FF7FF), ERR_OK);
	CHECK_EQ(memmap_ranges(), 1);
	CHECK_EQ(memmap_pages(), 0x1FE);
	CHECK(!memmap_has(gpa(0x100000), 4096));
	CHECK(memmap_has(gpa(0x101000), 4096));
	CHECK(memmap_has(gpa(0x2FE000), 4096));
	CHECK(!memmap_has(gpa(0x2FF000), 4096));
	CHECK_EQ(memmap_add(0x2FF000, 0x301000), ERR_OK);
	CHECK_EQ(memmap_ranges(), 1);
	CHECK(memmap_has(gpa(0x200000), PAGE_2M_SIZE));
}

TEST(answers_for_whole_ranges_only)
{
	static const struct {
		const char *name;
		uint64_t base, bytes;
		bool want;
	} rows[] = {
		{ "one byte", 0x101000, 1, true },
		{ "last byte", 0x5FFFFF, 1, true },
		{ "past the end", 0x5FFFFF, 2, false },
		{ "before the start", 0x100FFF, 2, false },
		{ "nothing", 0x101000, 0, false },
		{ "2 MiB inside", 0x400000, PAGE_2M_SIZE, true },
		{ "2 MiB across the end", 0x500000, PAGE_2M_SIZE, false },
		{ "wraps", UINT64_MAX, 4096, false },
		{ "all", 0, UINT64_MAX, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(memmap_has(gpa(rows[i].base), rows[i].bytes), rows[i].want);
	}
}

/* Two entries for one page would give it two states. */
TEST(refuses_overlap)
{
	static const struct {
		const char *name;
		uint64_t base, bytes;
	} rows[] = {
		{ "the same", 0x101000, 0x4FF000 },
		{ "inside", 0x200000, 0x1000 },
		{ "around", 0, 0x800000 },
		{ "the first page", 0x100000, 0x2000 },
		{ "the last page", 0x5FF000, 0x2000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(memmap_add(rows[i].base, rows[i].bytes), ERR_HOST);
		CHECK_EQ(memmap_ranges(), 1);
		CHECK_EQ(memmap_pages(), 0x4FF);
	}
}

/* Numbers of pages run on from range to range. */
TEST(numbers_pages)
{
	CHECK_EQ(memmap_index(gpa(0x100000), 4096), MEMMAP_NONE);
	CHECK_EQ(memmap_index(gpa(0x101000), 4096), 0);
	CHECK_EQ(memmap_index(gpa(0x5FFFFF), 1), 0x4FE);
	CHECK_EQ(memmap_add(0x700000, 0x2000), ERR_OK);
	CHECK_EQ(memmap_index(gpa(0x701000), 4096), 0x500);
}

/* The host claims that all around the SVSM's region, and the region itself, is the guest's. */
TEST(region_is_never_the_guests)
{
	static const struct {
		const char *name;
		uint64_t base, bytes;
		bool want;
	} rows[] = {
		{ "below", REGION_BASE - 4096, 4096, true },
		{ "above", REGION_BASE + sizeof(region), 4096, true },
		{ "first byte", REGION_BASE, 1, false },
		{ "last byte", REGION_BASE + sizeof(region) - 1, 1, false },
		{ "from below into it", REGION_BASE - 4096, 4097, false },
		{ "from it out", REGION_BASE + sizeof(region) - 1, 2, false },
		{ "2 MiB around it", REGION_BASE, PAGE_2M_SIZE, false },
		{ "more around it", REGION_BASE - PAGE_2M_SIZE, 2 * PAGE_2M_SIZE, false },
	};

	CHECK_EQ(memmap_add(REGION_BASE - 0x400000, 0x800000), ERR_OK);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(memmap_has(gpa(rows[i].base), rows[i].bytes), rows[i].want);
	}
}

static struct igvm_memory_map_entry ram(uint64_t page, uint64_t pages)
{
	return (struct igvm_memory_map_entry){ .page_number = page, .page_count = pages };
}

TEST(igvm_map)
{
	struct igvm_memory_map_entry map[6] = { 0 };
	size_t before = memmap_ranges();

	ROW("an empty one");
	CHECK_EQ(memmap_from_igvm(map, sizeof(map)), ERR_OK);
	CHECK_EQ(memmap_from_igvm(map, 0), ERR_OK);
	ROW("RAM only, up to the end mark");
	map[0] = ram(0x90000, 16);
	map[1] = ram(0xA0000, 16);
	map[1].type = IGVM_MEMORY_RESERVED;
	map[2] = ram(0xB0000, 16);
	map[2].type = 0xFFFF;
	map[4] = ram(0xC0000, 16);
	CHECK_EQ(memmap_from_igvm(map, sizeof(map)), ERR_OK);
	CHECK_EQ(memmap_ranges(), before + 1);
	CHECK(memmap_has(gpa(0x90000000), 16 * 4096));
	CHECK(!memmap_has(gpa(0xA0000000), 1) && !memmap_has(gpa(0xB0000000), 1));
	CHECK(!memmap_has(gpa(0xC0000000), 1));
	ROW("no end mark, and a part of an entry behind");
	map[3] = ram(0xD0000, 16);
	CHECK_EQ(memmap_from_igvm(&map[3], sizeof(map[3]) * 3 - 1), ERR_OK);
	CHECK(memmap_has(gpa(0xD0000000), 1) && memmap_has(gpa(0xC0000000), 1));
	ROW("page number does not fit");
	map[0] = ram(BIT(52), 1);
	CHECK_EQ(memmap_from_igvm(map, sizeof(map)), ERR_HOST);
	ROW("page count does not fit");
	map[0] = ram(1, BIT(52) + 1);
	CHECK_EQ(memmap_from_igvm(map, sizeof(map)), ERR_HOST);
	ROW("their sum does not fit");
	map[0] = ram(BIT(40) - 1, 2);
	CHECK_EQ(memmap_from_igvm(map, sizeof(map)), ERR_HOST);
}

/* Last: fills the table. */
TEST(bounded)
{
	enum err err = ERR_OK;
	uint64_t base = UINT64_C(0x1000000000);

	for (unsigned int i = 0; i < 2 * MEMMAP_MAX && err == ERR_OK; i++, base += 0x2000) {
		err = memmap_add(base, 0x1000);
	}
	CHECK_EQ(err, ERR_NOMEM);
	CHECK_EQ(memmap_ranges(), MEMMAP_MAX);
	CHECK_EQ(memmap_add(base, 0x800), ERR_OK);
}

UNIT_MAIN(CASE(refuses_lies), CASE(drops_what_is_no_whole_page), CASE(trims_and_joins),
	  CASE(answers_for_whole_ranges_only), CASE(refuses_overlap),
	  CASE(numbers_pages), CASE(region_is_never_the_guests), CASE(igvm_map),
	  CASE(bounded))
