/* fw_cfg by DMA. The device's structures are big-endian. */
#include "fwcfg.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "memory.h"
#include "x86.h"

#define NAME_BYTES 56

struct fwcfg_entry {
	uint32_t bytes;
	uint16_t key;
	uint16_t reserved;
	char name[NAME_BYTES];
};
ABI_SIZE(struct fwcfg_entry, 64);

struct fwcfg_access {
	uint32_t control;
	uint32_t bytes;
	uint64_t address;
};
ABI_SIZE(struct fwcfg_access, 16);

static struct fwcfg_access transfer;
static struct fwcfg_entry entry;

bool fwcfg_dma(uint32_t control, uint64_t address, uint32_t bytes)
{
	uint64_t at = memory_pa_of(&transfer);
	uint32_t state;

	transfer.control = __builtin_bswap32(control);
	transfer.bytes = __builtin_bswap32(bytes);
	transfer.address = __builtin_bswap64(address);
	out32(FWCFG_PORT_DMA, __builtin_bswap32((uint32_t)(at >> 32)));
	out32(FWCFG_PORT_DMA + 4, __builtin_bswap32((uint32_t)at));
	do {
		state = __builtin_bswap32(READ_ONCE(transfer.control));
	} while ((state & ~FWCFG_DMA_ERROR) != 0);
	return state == 0;
}

void fwcfg_read(uint16_t key, uint64_t to, uint32_t bytes)
{
	(void)fwcfg_dma(((uint32_t)key << 16) | FWCFG_DMA_SELECT | FWCFG_DMA_READ, to, bytes);
}

static bool names_equal(const char *raw_name, const char *name)
{
	for (unsigned int i = 0; i < NAME_BYTES; i++) {
		if (raw_name[i] != name[i]) {
			return false;
		}
		if (name[i] == '\0') {
			return true;
		}
	}
	return false;
}

bool fwcfg_find(const char *name, struct fwcfg_file *file)
{
	uint32_t count;

	fwcfg_read(FWCFG_KEY_FILE_DIR, memory_pa_of(&entry), sizeof(count));
	memcpy(&count, &entry, sizeof(count));
	for (count = __builtin_bswap32(count); count > 0; count--) {
		(void)fwcfg_dma(FWCFG_DMA_READ, memory_pa_of(&entry), sizeof(entry));
		if (names_equal(entry.name, name)) {
			file->bytes = __builtin_bswap32(entry.bytes);
			file->key = __builtin_bswap16(entry.key);
			return true;
		}
	}
	return false;
}
