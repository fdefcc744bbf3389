/*
 * Parameter pages as a hostile host fills them, and fw_cfg where they lack: what is believed, what
 * ends the boot, and that nothing panics.
 */
#include "boot/bootinfo.h"

#include "mm/memmap.h"
#include "snp/igvm.h"
#include "vcpu/vcpu.h"
#include "world.h"

static const struct world two_cpus = { .cpus = 2, .guest_vmpl = 2 };

static uint8_t directory[4 + 64];
static uint8_t e820[20];
static const uint16_t fw_cpus = 3;

static struct igvm_memory_map_entry *map_page(void)
{
	return (void *)((uint8_t *)fake_image() + WORLD_MAP_PAGE * PAGE_SIZE);
}

static uint32_t *count_page(void)
{
	return (void *)((uint8_t *)fake_image() + WORLD_COUNT_PAGE * PAGE_SIZE);
}

/* A device with one range of RAM, 8 MiB from zero, and three CPUs. */
static void plug(void)
{
	static const uint8_t head[] = { 0, 0, 0, 1, 0, 0, 0, sizeof(e820), 0, 0x20, 0, 0 };
	const uint64_t bytes = 0x800000;

	memcpy(directory, head, sizeof(head));
	memcpy(directory + 12, "etc/e820", 8);
	memcpy(e820 + 8, &bytes, sizeof(bytes));
	e820[16] = 1;
	fake_host.items[0] = (struct fake_item){ 0x19, directory, sizeof(directory) };
	fake_host.items[1] = (struct fake_item){ 0x05, &fw_cpus, sizeof(fw_cpus) };
	fake_host.items[2] = (struct fake_item){ 0x20, e820, sizeof(e820) };
}

static void start(void)
{
	world_pool(&two_cpus);
	plug();
}

WORLD_TEST(parameters)
{
	start();
	CHECK_EQ(bootinfo_read(fake_image()), ERR_OK);
	CHECK_EQ(fake_host.requests, 0);
	CHECK_EQ(vcpu_count(), 2);
	CHECK(memmap_has(gpa(0), WORLD_FIRMWARE));
	CHECK(memmap_has(gpa(WORLD_FIRMWARE), WORLD_FIRMWARE_BYTES));
	CHECK(!memmap_has(gpa(WORLD_FIRMWARE + WORLD_FIRMWARE_BYTES), 1));
	CHECK(strstr(fake_console(), "2 vCPUs, guest at VMPL2") != NULL);
}

/* The image has no parameters, or the host left them empty. */
static void check_fallback(void)
{
	CHECK_EQ(bootinfo_read(fake_image()), ERR_OK);
	CHECK(fake_host.requests > 0);
	CHECK_EQ(vcpu_count(), 3);
	CHECK(memmap_has(gpa(0), 0x800000));
	CHECK(!memmap_has(gpa(0x800000), 1));
	CHECK(memmap_has(gpa(WORLD_FIRMWARE), WORLD_FIRMWARE_BYTES));
}

WORLD_TEST(no_parameters)
{
	start();
	fake_image()->memory_map_offset = 0;
	fake_image()->vp_count_offset = 0;
	check_fallback();
}

WORLD_TEST(empty_parameters)
{
	start();
	memset(map_page(), 0, PAGE_SIZE);
	*count_page() = 0;
	check_fallback();
}

/* A map that has the firmware already, with its neighbours. */
WORLD_TEST(map_has_the_firmware)
{
	start();
	map_page()->page_count = FAKE_GUEST_PAGES;
	CHECK_EQ(bootinfo_read(fake_image()), ERR_OK);
	CHECK_EQ(memmap_ranges(), 1);
	CHECK(memmap_has(gpa(WORLD_FIRMWARE), WORLD_FIRMWARE_BYTES));
}

static void check_fails(const char *name, enum err want)
{
	ROW(name);
	CHECK_EQ(bootinfo_read(fake_image()), want);
	CHECK(strstr(fake_console(), "keel: ERROR: boot information") != NULL);
}

WORLD_TEST(map_wraps)
{
	start();
	map_page()->page_number = UINT64_MAX;
	check_fails("map wraps", ERR_HOST);
}

WORLD_TEST(map_overlaps)
{
	start();
	map_page()[1] = map_page()[0];
	check_fails("one range twice", ERR_HOST);
}

WORLD_TEST(map_cuts_the_firmware)
{
	start();
	map_page()->page_count += 1;
	check_fails("ends inside the firmware", ERR_HOST);
}

/* No end mark, as many ranges as the page has room for. */
WORLD_TEST(map_is_full)
{
	start();
	for (uint64_t i = 0; i < PAGE_SIZE / sizeof(*map_page()); i++) {
		map_page()[i] = (struct igvm_memory_map_entry){ .page_number = i * 2,
								.page_count = 1 };
	}
	check_fails("too many ranges", ERR_NOMEM);
}

/* More memory than there can be tables for. */
WORLD_TEST(map_is_huge)
{
	start();
	map_page()->page_number = UINT64_C(0x8000000000) / PAGE_SIZE + FAKE_REGION_PAGES;
	map_page()->page_count = UINT64_C(1) << 34;
	check_fails("2^46 bytes", ERR_NOMEM);
}

WORLD_TEST(no_device_either)
{
	start();
	memset(map_page(), 0, PAGE_SIZE);
	memset(fake_host.items, 0, sizeof(fake_host.items));
	check_fails("empty map, no e820", ERR_UNSUPPORTED);
}

WORLD_TEST(device_fails)
{
	start();
	memset(map_page(), 0, PAGE_SIZE);
	fake_host.fails_at = 1;
	check_fails("the host fails", ERR_HOST);
}

WORLD_TEST(too_many_cpus)
{
	start();
	*count_page() = 257;
	check_fails("257 vCPUs", ERR_INVALID);
}

WORLD_TEST(absurd_cpus)
{
	start();
	*count_page() = UINT32_MAX;
	check_fails("2^32 - 1 vCPUs", ERR_INVALID);
}

WORLD_TEST(no_cpus)
{
	start();
	*count_page() = 0;
	fake_host.items[1].data = NULL;
	check_fails("none", ERR_INVALID);
}

UNIT_MAIN(CASE(parameters), CASE(no_parameters), CASE(empty_parameters),
	  CASE(map_has_the_firmware), CASE(map_wraps), CASE(map_overlaps),
	  CASE(map_cuts_the_firmware), CASE(map_is_full), CASE(map_is_huge), CASE(no_device_either),
	  CASE(device_fails), CASE(too_many_cpus), CASE(absurd_cpus), CASE(no_cpus))
