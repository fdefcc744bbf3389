/*
 * The boot, in one table. Each step's name is what the log shows and what docs/boot-log.md
 * explains.
 */
#include "main.h"

#include "arch/boot.h"
#include "arch/host.h"
#include "base/compiler.h"
#include "boot/bootinfo.h"
#include "boot/firmware.h"
#include "ipc/service.h"
#include "log.h"
#include "mm/pool.h"
#include "panic.h"
#include "secrets.h"
#include "vcpu/cpus.h"
#include "vcpu/request.h"

struct boot_step {
	const char *name;
	enum err (*run)(const struct image_map *image);
	enum panic_reason reason; /* should it fail */
};

static enum err step_memory(const struct image_map *image)
{
	enum err err = arch_boot_memory(image);

	if (err == ERR_OK) {
		pool_init(image);
		secrets_init((struct secrets_page *)((uintptr_t)image + image->secrets_offset),
			     image->guest_vmpl);
		log_info("memory: %zu of %lu pages free at %lx", pool_free_pages(),
			 image->region_bytes / PAGE_SIZE, image->region_base);
	}
	return err;
}

static const struct boot_step boot_steps[] = {
	{"environment", arch_boot_environment, PANIC_ENVIRONMENT},
	{"IDT", arch_boot_idt, PANIC_BOOT},
	{"#VC handling", arch_boot_vc, PANIC_BOOT},
	{"memory", step_memory, PANIC_VALIDATION},
	{"page tables", arch_boot_page_tables, PANIC_BOOT},
	{"per-CPU data", arch_boot_percpu, PANIC_BOOT},
	{"TSS and IST stacks", arch_boot_tss, PANIC_BOOT},
	{"GHCB", arch_boot_ghcb, PANIC_HOST},
	{"serial log", arch_boot_serial, PANIC_HOST},
	{"boot information", bootinfo_read, PANIC_BOOT},
	{"services", service_start_all, PANIC_BOOT},
	{"other CPUs", cpus_start, PANIC_HOST},
	{"guest firmware", firmware_start, PANIC_BOOT},
};

void main_boot(const struct image_map *image)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(boot_steps); i++) {
		const struct boot_step *step = &boot_steps[i];
		enum err err = step->run(image);

		if (err != ERR_OK) {
			panic(step->reason, "boot step \"%s\" failed (error %d)", step->name, err);
		}
		log_info("boot: %s", step->name);
	}
	log_info("boot: request loop");
	request_loop();
}

void main_cpu(unsigned int index)
{
	log_debug("CPU %u: running", index);
	cpus_online();
	request_loop();
}
