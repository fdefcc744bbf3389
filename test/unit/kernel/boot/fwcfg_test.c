/*
 * fw_cfg as a hostile host gives it: the file directory (every shorter prefix fails), e820 tables,
 * and the two readers over the fake host's device. Cases that add memory come last.
 */
#include "boot/fwcfg.h"

#include "base/compiler.h"
#include "fake/fake.h"
#include "mm/memmap.h"
#include "mm/pool.h"
#include "unit.h"

#define ENTRY_BYTES 64
#define ITEM_DIR    0x19
#define ITEM_CPUS   0x05
#define ITEM_E820   0x20

static void put_be32(uint8_t *to, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(to, &value, sizeof(value));
}

/* One entry of the directory; the name may fill its 56 bytes without an end. */
static void put_file(uint8_t *dir, unsigned int index, const char *name, uint16_t key,
		     uint32_t bytes)
{
	uint8_t *entry = dir + 4 + index * ENTRY_BYTES;
	size_t n = strlen(name);

	put_be32(dir, index + 1);
	memset(entry, 0, ENTRY_BYTES);
	put_be32(entry, bytes);
	entry[4] = (uint8_t)(key >> 8);
	entry[5] = (uint8_t)key;
	memcpy(entry + 8, name, n < 56 ? n : 56);
}

static const char long_name[] = "a-name-that-fills-all-of-its-fifty-six-bytes-without-end";

TEST(finds_files)
{
	static const struct {
		const char *name;
		enum err want;
		uint16_t selector;
		uint32_t bytes;
	} rows[] = {
		{ "etc/e820", ERR_OK, 0x1234, 40 },
		{ "etc/last", ERR_OK, 0xFFFF, UINT32_MAX },
		{ "etc/e82", ERR_UNSUPPORTED, 0, 0 },
		{ "etc/e8200", ERR_UNSUPPORTED, 0, 0 },
		{ "none", ERR_UNSUPPORTED, 0, 0 },
		{ "", ERR_UNSUPPORTED, 0, 0 },
		{ long_name, ERR_UNSUPPORTED, 0, 0 },
	};
	uint8_t dir[4 + 3 * ENTRY_BYTES];

	put_file(dir, 0, long_name, 1, 1);
	put_file(dir, 1, "etc/e820", 0x1234, 40);
	put_file(dir, 2, "etc/last", 0xFFFF, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fwcfg_file file = { 0, 0 };

		ROW(rows[i].name);
		CHECK_EQ(fwcfg_find(dir, sizeof(dir), rows[i].name, &file), rows[i].want);
		CHECK_EQ(file.selector, rows[i].selector);
		CHECK_EQ(file.bytes, rows[i].bytes);
	}
}

TEST(every_shorter_directory_fails)
{
	uint8_t dir[4 + 2 * ENTRY_BYTES];
	struct fwcfg_file file;

	put_file(dir, 0, "first", 1, 1);
	put_file(dir, 1, "second", 2, 2);
	for (size_t n = 0; n < sizeof(dir); n++) {
		CHECK(fwcfg_find(dir, n, "second", &file) != ERR_OK);
	}
	ROW("a count that the bytes do not hold");
	put_be32(dir, UINT32_MAX);
	CHECK_EQ(fwcfg_find(dir, sizeof(dir), "third", &file), ERR_HOST);
	ROW("no files");
	put_be32(dir, 0);
	CHECK_EQ(fwcfg_find(dir, sizeof(dir), "first", &file), ERR_UNSUPPORTED);
}

static uint8_t table[160 * 20];

static size_t put_ram(size_t index, uint64_t base, uint64_t bytes, uint32_t type)
{
	memcpy(table + index * 20, &base, 8);
	memcpy(table + index * 20 + 8, &bytes, 8);
	memcpy(table + index * 20 + 16, &type, 4);
	return (index + 1) * 20;
}

TEST(e820)
{
	size_t bytes;

	ROW("nothing");
	CHECK_EQ(fwcfg_parse_e820(table, 0), ERR_OK);
	CHECK_EQ(fwcfg_parse_e820(table, 19), ERR_OK);
	CHECK_EQ(memmap_ranges(), 0);
	ROW("a range that wraps");
	bytes = put_ram(0, UINT64_MAX - 4095, 8192, 1);
	CHECK_EQ(fwcfg_parse_e820(table, bytes), ERR_HOST);
	ROW("only RAM counts, a part of an entry does not");
	(void)put_ram(0, 0xA0000, 0x60000, 2);
	(void)put_ram(1, UINT64_MAX, UINT64_MAX, 2);
	(void)put_ram(2, 0x100000, 0x100000, 1);
	bytes = put_ram(3, 0x400000, 0x100000, 1);
	CHECK_EQ(fwcfg_parse_e820(table, bytes - 1), ERR_OK);
	CHECK_EQ(memmap_ranges(), 1);
	CHECK(memmap_has(gpa(0x100000), 0x100000) && !memmap_has(gpa(0xA0000), 1));
	CHECK(!memmap_has(gpa(0x400000), 1));
	ROW("the same again: two entries for one page");
	CHECK_EQ(fwcfg_parse_e820(table, bytes), ERR_HOST);
}

static ALIGNED(4096) uint8_t region[16 * 4096];

static void start_pool(void)
{
	struct image_map *image = (struct image_map *)(void *)region;

	image->region_base = UINT64_C(0x8000000000);
	image->region_bytes = sizeof(region);
	image->image_pages = 4;
	pool_init(image);
}

/* The device's items; each reader run must give back the pages it worked in. */
static void plug(uint32_t e820_bytes)
{
	static uint8_t dir[4 + ENTRY_BYTES];
	static const uint16_t cpus = 3;

	put_file(dir, 0, "etc/e820", ITEM_E820, e820_bytes);
	fake_host = (struct fake_host){ .items = {
						{ ITEM_DIR, dir, sizeof(dir) },
						{ ITEM_CPUS, &cpus, sizeof(cpus) },
						{ ITEM_E820, table, sizeof(table) },
					} };
}

TEST(reader_refuses)
{
	size_t free_pages;

	start_pool();
	free_pages = pool_free_pages();
	for (unsigned int at = 1; at <= 4; at++) {
		ROW("the host fails midway");
		plug(20);
		fake_host.fails_at = at;
		CHECK_EQ(fwcfg_read_memory_map(), ERR_HOST);
		CHECK_EQ(pool_free_pages(), free_pages);
	}
	ROW("a table too large");
	plug(128 * 20 + 1);
	CHECK_EQ(fwcfg_read_memory_map(), ERR_HOST);
	plug(UINT32_MAX);
	CHECK_EQ(fwcfg_read_memory_map(), ERR_HOST);
	ROW("no such file");
	plug(20);
	fake_host.items[0].data = NULL;
	CHECK_EQ(fwcfg_read_memory_map(), ERR_UNSUPPORTED);
	CHECK_EQ(pool_free_pages(), free_pages);
}

TEST(reader_reads)
{
	void *all;
	uint32_t cpus = 0;
	size_t free_pages = pool_free_pages();

	ROW("memory");
	plug((uint32_t)put_ram(0, 0x80000000, 0x200000, 1));
	CHECK_EQ(fwcfg_read_memory_map(), ERR_OK);
	CHECK(memmap_has(gpa(0x80000000), 0x200000));
	CHECK_EQ(pool_free_pages(), free_pages);
	ROW("CPUs");
	CHECK_EQ(fwcfg_read_cpu_count(&cpus), ERR_OK);
	CHECK_EQ(cpus, 3);
	ROW("CPUs, the host fails");
	fake_host.fails_at = fake_host.requests + 1;
	CHECK_EQ(fwcfg_read_cpu_count(&cpus), ERR_HOST);
	ROW("no pages to work in");
	all = pool_alloc(pool_free_pages() - 2);
	plug(20);
	CHECK_EQ(fwcfg_read_memory_map(), ERR_NOMEM);
	pool_free(all, free_pages - 2);
}

UNIT_MAIN(CASE(finds_files), CASE(every_shorter_directory_fails), CASE(e820), CASE(reader_refuses),
	  CASE(reader_reads))
