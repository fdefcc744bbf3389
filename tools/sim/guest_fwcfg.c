/*
 * fw_cfg for the guest. The selected item and the offset in it are kept here too, because etc/e820
 * is answered from the guest's own map. DMA structures and targets are gPAs of shared pages, and
 * each page is checked before the device may touch it.
 */
#include "base/bits.h"
#include "base/mem.h"
#include "e820.h"
#include "fwcfg.h"
#include "guest_io.h"
#include "host.h"
#include "log.h"
#include "memory.h"
#include "x86.h"

#define DMA_SIGNATURE_HIGH UINT32_C(0x51454d55) /* "QEMU", big-endian at 0x514 */
#define DMA_SIGNATURE_LOW  UINT32_C(0x20434647) /* " CFG" */
#define PORT_DMA_LOW	   (FWCFG_PORT_DMA + 4)

static uint16_t selected;
static uint32_t offset; /* in etc/e820 */
static uint32_t dma_high;

static bool e820_selected(void)
{
	uint16_t key;
	uint32_t bytes;

	(void)e820_guest_table(&key, &bytes);
	return selected == key;
}

static void e820_read(void *to, uint32_t wanted)
{
	uint16_t key;
	uint32_t bytes;
	const uint8_t *table = e820_guest_table(&key, &bytes);
	uint8_t *out = to;

	for (uint32_t i = 0; i < wanted; i++, offset++) {
		out[i] = offset < bytes ? table[offset] : 0;
	}
}

static void item_select(uint16_t key)
{
	selected = key;
	offset = 0;
	out16(FWCFG_PORT_SELECT, key);
}

uint32_t guest_fwcfg_read(uint16_t port, unsigned int size)
{
	uint8_t byte = 0;

	if (port == FWCFG_PORT_DATA && size == 1) {
		if (!e820_selected()) {
			return in8(FWCFG_PORT_DATA);
		}
		e820_read(&byte, 1);
		return byte;
	}
	if (port == FWCFG_PORT_DMA && size == 4) {
		return __builtin_bswap32(DMA_SIGNATURE_HIGH);
	}
	if (port == PORT_DMA_LOW && size == 4) {
		return __builtin_bswap32(DMA_SIGNATURE_LOW);
	}
	return 0xffffffff;
}

/* One piece within a page. */
static bool dma_piece(uint32_t operation, uint64_t gpa, uint32_t bytes)
{
	void *page = NULL;

	if (operation != FWCFG_DMA_SKIP) {
		page = host_shared(gpa, bytes);
		if (page == NULL) {
			log_line(
				"refused: fw_cfg DMA of %u bytes at gpa 0x%lx, which is not shared",
				bytes, gpa);
			return false;
		}
	}
	if (!e820_selected()) {
		return fwcfg_dma(operation, page != NULL ? memory_pa_of(page) : 0, bytes);
	}
	if (operation == FWCFG_DMA_READ) {
		e820_read(page, bytes);
	} else if (operation == FWCFG_DMA_SKIP) {
		offset += bytes;
	}
	return operation != FWCFG_DMA_WRITE;
}

static bool dma_transfer(uint32_t control, uint64_t gpa, uint32_t bytes)
{
	uint32_t operation = control & (FWCFG_DMA_READ | FWCFG_DMA_SKIP | FWCFG_DMA_WRITE);
	bool ok = true;

	if ((control & FWCFG_DMA_SELECT) != 0) {
		item_select((uint16_t)(control >> 16));
	}
	if (operation == 0) {
		return true;
	}
	/* As the device has it: read wins over write, write over skip. */
	operation = (operation & FWCFG_DMA_READ) != 0	 ? FWCFG_DMA_READ
		    : (operation & FWCFG_DMA_WRITE) != 0 ? FWCFG_DMA_WRITE
							 : FWCFG_DMA_SKIP;
	while (ok && bytes > 0) {
		uint64_t room = PAGE_SIZE - (gpa & (PAGE_SIZE - 1));
		uint32_t piece = bytes < room ? bytes : (uint32_t)room;

		ok = dma_piece(operation, gpa, piece);
		gpa += piece;
		bytes -= piece;
	}
	return ok;
}

struct access {
	uint32_t control;
	uint32_t bytes;
	uint64_t address;
};

static void dma_start(uint64_t gpa)
{
	struct access *shared = host_shared(gpa, sizeof(*shared));
	struct access raw;
	bool ok;

	if (shared == NULL) {
		log_line("refused: fw_cfg DMA with its structure at gpa 0x%lx, which is not shared",
			 gpa);
		return;
	}
	memcpy(&raw, shared, sizeof(raw));
	ok = dma_transfer(__builtin_bswap32(raw.control), __builtin_bswap64(raw.address),
			  __builtin_bswap32(raw.bytes));
	shared->control = ok ? 0 : __builtin_bswap32(FWCFG_DMA_ERROR);
}

void guest_fwcfg_write(uint16_t port, unsigned int size, uint32_t value)
{
	if (port == FWCFG_PORT_SELECT && size == 2) {
		item_select((uint16_t)value);
	} else if (port == FWCFG_PORT_DMA && size == 4) {
		dma_high = __builtin_bswap32(value);
	} else if (port == PORT_DMA_LOW && size == 4) {
		dma_start(((uint64_t)dma_high << 32) | __builtin_bswap32(value));
		dma_high = 0;
	}
}
