/* The end: VMPCKs are gone, the reason is told, and nothing that was going on can stop it. */
#include "panic.h"
#include "secrets.h"

#include <unistd.h>

#include "log.h"
#include "mm/pool.h"
#include "world.h"

static const struct world one_cpu = {.cpus = 1, .guest_vmpl = 2};

static struct secrets_page secrets;

static void look(void)
{
	fake_cpu.console = NULL;
	for (size_t i = 0; i < sizeof(secrets.vmpck); i++) {
		if (((const uint8_t *)secrets.vmpck)[i] != 0) {
			_exit(0); /* no panic, as the parent sees it */
		}
	}
}

static void plain(void)
{
	memset(&secrets, 0x77, sizeof(secrets));
	secrets_init(&secrets, 2);
	log_console_ready();
	fake_cpu.console = look;
	panic(PANIC_BOOT, "reason %d", 5);
}

WORLD_TEST(tells_the_reason)
{
	world_pool(&one_cpu);
	CHECK_EQ(world_panic_of(plain), PANIC_BOOT);
}

/* The host breaks the rules while a line is written: the log's lock is held, by this very CPU. */
static void break_rules(void)
{
	fake_cpu.console = NULL;
	panic(PANIC_VALIDATION, "inside the log");
}

static void inside_the_log(void)
{
	log_console_ready();
	fake_cpu.console = break_rules;
	log_info("a line");
}

WORLD_TEST(ends_inside_the_log)
{
	world_pool(&one_cpu);
	CHECK_EQ(world_panic_of(inside_the_log), PANIC_VALIDATION);
}

static void assert_here(void)
{
	ASSERT(one_cpu.cpus == 2);
}

/* Before there are keys to wipe, too. */
WORLD_TEST(assertions_panic)
{
	log_console_ready();
	CHECK_EQ(world_panic_of(assert_here), PANIC_BUG);
}

UNIT_MAIN(CASE(tells_the_reason), CASE(ends_inside_the_log), CASE(assertions_panic))
