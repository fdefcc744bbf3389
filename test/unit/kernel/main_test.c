/*
 * The boot as a whole: every step in its order on the log, ending in the request loop; and each
 * failing step ends it with its reason.
 */
#include "main.h"

#include <setjmp.h>

#include "mm/memmap.h"
#include "panic.h"
#include "vcpu/vcpu.h"
#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

static jmp_buf stop;

static bool first_run(unsigned int vmpl)
{
	CHECK_EQ(vmpl, 2);
	longjmp(stop, 1);
}

static void start(void)
{
	world_image(&one_cpu);
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = world_echo;
	}
	fake_host.apic_id_count = 1;
	fake_host.run = first_run;
	fake_boot_console = true;
}

/* As docs/boot-log.md has them. */
static const char *const steps[] = {
	"environment", "IDT", "#VC handling", "memory", "page tables", "per-CPU data",
	"TSS and IST stacks", "GHCB", "serial log", "boot information", "services", "other CPUs",
	"guest firmware", "request loop",
};

WORLD_TEST(boots)
{
	const char *at;

	start();
	if (setjmp(stop) == 0) {
		main_boot(fake_image());
	}
	at = fake_console();
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char line[64];

		ROW(steps[i]);
		(void)snprintf(line, sizeof(line), "keel: boot: %s\n", steps[i]);
		at = strstr(at, line);
		if (!CHECK(at != NULL)) {
			return;
		}
	}
}

static void boot(void)
{
	main_boot(fake_image());
}

static void fail_environment(void)
{
	fake_boot_err = ERR_UNSUPPORTED;
	boot();
}

static void fail_map(void)
{
	memset((uint8_t *)fake_image() + WORLD_MAP_PAGE * PAGE_SIZE, 0xFF, 24);
	memset((uint8_t *)fake_image() + WORLD_MAP_PAGE * PAGE_SIZE + 16, 0, 2);
	boot();
}

static void fail_services(void)
{
	fake_image()->service_count = 0;
	boot();
}

static void fail_cpus(void)
{
	fake_host.fails_at = 1;
	boot();
}

static void fail_firmware(void)
{
	fake_image()->section_count = 0;
	boot();
}

WORLD_TEST(fails_with_a_reason)
{
	start();
	CHECK_EQ(world_panic_of(fail_environment), PANIC_ENVIRONMENT);
	CHECK_EQ(world_panic_of(fail_map), PANIC_BOOT);
	CHECK_EQ(world_panic_of(fail_services), PANIC_BOOT);
	CHECK_EQ(world_panic_of(fail_cpus), PANIC_HOST);
	CHECK_EQ(world_panic_of(fail_firmware), PANIC_BOOT);
}

/* Another CPU goes straight to its loop, and waits there for a guest. */
static void idle(void)
{
	longjmp(stop, 1);
}

WORLD_TEST(other_cpu)
{
	start();
	world_vcpus(&one_cpu);
	fake_cpu.idle = idle;
	if (setjmp(stop) == 0) {
		main_cpu(0);
	}
	CHECK(strstr(fake_console(), "CPU 0: running") != NULL);
}

UNIT_MAIN(CASE(boots), CASE(fails_with_a_reason), CASE(other_cpu))
