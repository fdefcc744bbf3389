/*
 * The fw_cfg reader against a hostile device: the input is what the device gives, first as the file
 * directory, then as e820. The memory map is the target's own, so that inputs share nothing.
 */
#include "boot/fwcfg.h"

#include <string.h>

#include "arch/host.h"
#include "base/bits.h"
#include "fuzz.h"
#include "mm/memmap.h"
#include "mm/pool.h"

#define PORT_SELECT  0x510
#define PORT_DATA    0x511
#define KEY_DIR	     0x0019
#define DIR_FILES    128
#define DIR_BYTES    (4 + DIR_FILES * 64)
#define E820_ENTRIES 128

static const uint8_t *device;
static size_t device_bytes;
static uint16_t key;
static size_t selections;
static size_t pages;
static size_t added;

enum err arch_host_port_out16(uint16_t port, uint16_t value)
{
	FUZZ_CHECK(port == PORT_SELECT);
	key = value;
	selections++;
	return ERR_OK;
}

/* The directory is the input's start, any other file the bytes behind its 256th. Zeros follow. */
enum err arch_host_port_in(uint16_t port, void *dst, size_t bytes)
{
	size_t start = key == KEY_DIR || device_bytes < 256 ? 0 : 256;
	size_t have = device_bytes - start < bytes ? device_bytes - start : bytes;

	FUZZ_CHECK(port == PORT_DATA && bytes <= pages * PAGE_SIZE);
	memset(dst, 0, bytes);
	memcpy(dst, device + start, have);
	return ERR_OK;
}

void *pool_alloc(size_t count)
{
	FUZZ_CHECK(pages == 0);
	pages = count;
	return calloc(count, PAGE_SIZE);
}

void pool_free(void *first, size_t count)
{
	FUZZ_CHECK(count == pages);
	pages = 0;
	free(first);
}

enum err memmap_add(uint64_t base, uint64_t bytes)
{
	added++;
	return base <= UINT64_MAX - bytes ? ERR_OK : ERR_HOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fwcfg_file file = {0xDEAD, 0xDEAD};
	enum err err;

	device = data;
	device_bytes = bytes;
	selections = 0;
	added = 0;
	if (fwcfg_find(data, bytes, "etc/e820", &file) != ERR_OK) {
		FUZZ_CHECK(file.selector == 0xDEAD && file.bytes == 0xDEAD);
	}
	err = fwcfg_read_memory_map();
	FUZZ_CHECK(pages == 0 && selections <= 2 && added <= E820_ENTRIES);
	FUZZ_CHECK(err == ERR_OK || err == ERR_HOST || err == ERR_UNSUPPORTED);
	(void)fwcfg_parse_e820(data, bytes);
	return 0;
}
