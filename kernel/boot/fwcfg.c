/* Parsers first, pure and fuzzed; the two readers at the end do the port accesses. */
#include "fwcfg.h"

#include "arch/host.h"
#include "base/buf.h"
#include "mm/memmap.h"
#include "mm/pool.h"

#define PORT_SELECT	 0x510
#define PORT_DATA	 0x511
#define KEY_CPU_COUNT	 0x0005
#define KEY_FILE_DIR	 0x0019
#define NAME_BYTES	 56
#define FILES_MAX	 128
#define E820_ENTRIES_MAX 128
#define E820_RAM	 1
#define E820_ENTRY_BYTES 20

static uint32_t take_be32(struct rdbuf *b)
{
	return __builtin_bswap32(rdbuf_u32(b));
}

static bool name_is(const char *have, const char *want)
{
	size_t n = 0;

	while (n < NAME_BYTES && have[n] == want[n] && want[n] != '\0') {
		n++;
	}
	return n < NAME_BYTES && have[n] == '\0' && want[n] == '\0';
}

enum err fwcfg_find(const void *data, size_t bytes, const char *name, struct fwcfg_file *file)
{
	struct rdbuf b = rdbuf_over(data, bytes);
	uint32_t count = take_be32(&b);

	for (uint32_t i = 0; i < count && i < FILES_MAX; i++) {
		uint32_t size = take_be32(&b);
		uint16_t selector = __builtin_bswap16(rdbuf_u16(&b));
		const char *have;

		(void)rdbuf_u16(&b); /* reserved */
		have = rdbuf_take(&b, NAME_BYTES);
		if (have == NULL) {
			return ERR_HOST;
		}
		if (name_is(have, name)) {
			*file = (struct fwcfg_file){ selector, size };
			return ERR_OK;
		}
	}
	return ERR_UNSUPPORTED;
}

enum err fwcfg_parse_e820(const void *data, size_t bytes)
{
	struct rdbuf b = rdbuf_over(data, bytes);
	enum err err = ERR_OK;

	while (err == ERR_OK && rdbuf_left(&b) >= E820_ENTRY_BYTES) {
		uint64_t base = rdbuf_u64(&b);
		uint64_t length = rdbuf_u64(&b);

		if (rdbuf_u32(&b) == E820_RAM) {
			err = memmap_add(base, length);
		}
	}
	return err;
}

static enum err read_item(uint16_t key, void *to, size_t bytes)
{
	enum err err = arch_host_port_out16(PORT_SELECT, key);

	return err == ERR_OK ? arch_host_port_in(PORT_DATA, to, bytes) : err;
}

#define DIR_BYTES  (4 + FILES_MAX * 64)
#define E820_BYTES (E820_ENTRIES_MAX * E820_ENTRY_BYTES)
#define WORK_PAGES 3
_Static_assert(DIR_BYTES <= WORK_PAGES * PAGE_SIZE, "the directory fits");
_Static_assert(E820_BYTES <= WORK_PAGES * PAGE_SIZE, "the table fits");

static enum err read_e820(void *work)
{
	struct fwcfg_file file;
	enum err err = read_item(KEY_FILE_DIR, work, DIR_BYTES);

	if (err == ERR_OK) {
		err = fwcfg_find(work, DIR_BYTES, "etc/e820", &file);
	}
	if (err == ERR_OK && file.bytes > E820_BYTES) {
		err = ERR_HOST;
	}
	if (err == ERR_OK) {
		err = read_item(file.selector, work, file.bytes);
	}
	return err == ERR_OK ? fwcfg_parse_e820(work, file.bytes) : err;
}

enum err fwcfg_read_memory_map(void)
{
	void *work = pool_alloc(WORK_PAGES);
	enum err err = ERR_NOMEM;

	if (work != NULL) {
		err = read_e820(work);
		pool_free(work, WORK_PAGES);
	}
	return err;
}

enum err fwcfg_read_cpu_count(uint32_t *count)
{
	uint16_t value = 0;
	enum err err = read_item(KEY_CPU_COUNT, &value, sizeof(value));

	if (err == ERR_OK) {
		*count = value;
	}
	return err;
}
