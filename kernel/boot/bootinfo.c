/* Parameter pages are not measured and were written by the host: parsed as hostile data. */
#include "bootinfo.h"

#include "arch/cpu.h"
#include "base/mem.h"
#include "boot/fwcfg.h"
#include "log.h"
#include "mm/memmap.h"
#include "mm/pagestate.h"
#include "mm/pool.h"
#include "vcpu/vcpu.h"

static const void *parameter(const struct image_map *image, uint32_t offset)
{
	return (const uint8_t *)image + offset;
}

static enum err read_memory_map(const struct image_map *image)
{
	enum err err = ERR_OK;

	if (image->memory_map_offset != 0) {
		err = memmap_from_igvm(parameter(image, image->memory_map_offset), PAGE_SIZE);
	}
	if (err == ERR_OK && memmap_ranges() == 0) {
		err = fwcfg_read_memory_map();
	}
	/* The firmware's own pages count as guest memory wherever the map ends. */
	if (err == ERR_OK && !memmap_has(gpa(image->firmware_gpa), image->firmware_bytes)) {
		err = memmap_add(image->firmware_gpa, image->firmware_bytes);
	}
	return err == ERR_OK ? pagestate_init() : err;
}

static enum err read_cpu_count(const struct image_map *image, uint32_t *count)
{
	*count = 0;
	if (image->vp_count_offset != 0) {
		memcpy(count, parameter(image, image->vp_count_offset), sizeof(*count));
	}
	if (*count == 0) {
		return fwcfg_read_cpu_count(count);
	}
	return ERR_OK;
}

enum err bootinfo_read(const struct image_map *image)
{
	uint32_t cpus = 0;
	enum err err = read_memory_map(image);

	if (err != ERR_OK) {
		log_error("boot information: the host gives no usable memory map (error %d)", err);
		return err;
	}
	err = read_cpu_count(image, &cpus);
	if (err == ERR_OK) {
		err = vcpu_init(cpus);
	}
	if (err != ERR_OK) {
		log_error("boot information: %u vCPUs (1 to %u are possible)", cpus, CPU_MAX);
		return err;
	}
	log_info("boot information: %lu MiB of guest memory in %zu ranges, %u vCPU%s, guest at "
		 "VMPL%u",
		 memmap_pages() >> (20 - PAGE_SHIFT), memmap_ranges(), cpus, cpus == 1 ? "" : "s",
		 image->guest_vmpl);
	return ERR_OK;
}
