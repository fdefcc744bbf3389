/* The boot's steps that belong to the architecture: nothing to do here but to fail when told. */
#include "arch/boot.h"

#include "fake/fake.h"
#include "log.h"

struct cpuid_page fake_cpuid;
enum err fake_boot_err;
bool fake_boot_console;

static enum err step(const struct image_map *image)
{
	(void)image;
	return fake_boot_err;
}

enum err arch_boot_environment(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_idt(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_vc(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_memory(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_page_tables(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_percpu(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_tss(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_ghcb(const struct image_map *image)
{
	return step(image);
}

enum err arch_boot_serial(const struct image_map *image)
{
	if (fake_boot_console) {
		log_console_ready();
	}
	return step(image);
}

const struct cpuid_page *arch_cpuid_page(void)
{
	return &fake_cpuid;
}

uint64_t arch_address_limit(void)
{
	return BIT(FAKE_CBIT);
}

uint64_t arch_sev_features(void)
{
	return FAKE_FEATURES;
}
