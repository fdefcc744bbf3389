/*
 * QEMU's fw_cfg as a source of boot information where IGVM parameters lack it (QEMU
 * docs/specs/fw_cfg.rst). Every byte comes from the host.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Decodes the file directory: `data` starts with the big-endian count. ERR_UNSUPPORTED: no such
 * file. */
struct fwcfg_file {
	uint16_t selector;
	uint32_t bytes;
};
enum err fwcfg_find(const void *data, size_t bytes, const char *name, struct fwcfg_file *file);

/* Adds the RAM entries of an "etc/e820" file to the memory map. */
enum err fwcfg_parse_e820(const void *data, size_t bytes);

/* Reads e820 and the number of CPUs from the host. */
enum err fwcfg_read_memory_map(void);
enum err fwcfg_read_cpu_count(uint32_t *count);
