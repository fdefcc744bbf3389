/* QEMU's fw_cfg device, read by the simulator for itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FWCFG_PORT_SELECT 0x510
#define FWCFG_PORT_DATA	  0x511
#define FWCFG_PORT_DMA	  0x514 /* high half, big-endian; 0x518 low half, starts the transfer */

#define FWCFG_KEY_SIGNATURE 0x0000
#define FWCFG_KEY_FILE_DIR  0x0019

#define FWCFG_DMA_ERROR	 0x01u
#define FWCFG_DMA_READ	 0x02u
#define FWCFG_DMA_SKIP	 0x04u
#define FWCFG_DMA_SELECT 0x08u
#define FWCFG_DMA_WRITE	 0x10u

struct fwcfg_file {
	uint32_t bytes;
	uint16_t key;
};

/* Finds a file by its full name. */
bool fwcfg_find(const char *name, struct fwcfg_file *file);
/* Reads the first bytes of an item to physical memory. */
void fwcfg_read(uint16_t key, uint64_t to, uint32_t bytes);
/* One transfer of the device with the item that is selected; control in CPU byte order. */
bool fwcfg_dma(uint32_t control, uint64_t address, uint32_t bytes);
