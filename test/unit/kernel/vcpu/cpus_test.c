/* The SVSM's other CPUs: how many a host admits to, and what happens when one does not begin. */
#include "vcpu/cpus.h"

#include "mm/pool.h"
#include "vcpu/vcpu.h"
#include "world.h"

static const struct world three_cpus = { .cpus = 3, .guest_vmpl = 3 };

static void start(void)
{
	world_memory(&three_cpus);
	CHECK_EQ(vcpu_init(3), ERR_OK);
	fake_host.apic_id_count = 3;
	for (uint32_t i = 0; i < 3; i++) {
		fake_host.apic_ids[i] = 0x40 + i;
	}
}

static void check_cpu(unsigned int index, uint32_t apic_id)
{
	fake_set_cpu(index);
	CHECK_EQ(vcpu_this()->apic_id, apic_id);
	CHECK_EQ(vcpu_this()->vmpl, 3);
	fake_set_cpu(0);
}

WORLD_TEST(starts_all)
{
	size_t free_pages;

	start();
	free_pages = pool_free_pages();
	CHECK_EQ(cpus_start(fake_image()), ERR_OK);
	CHECK_EQ(fake_cpu.started, 2);
	CHECK_EQ(pool_free_pages(), free_pages);
	for (uint32_t i = 0; i < 3; i++) {
		check_cpu(i, 0x40 + i);
	}
}

WORLD_TEST(host_hides_the_others)
{
	start();
	fake_host.hides_apic_ids = true;
	CHECK_EQ(cpus_start(fake_image()), ERR_OK);
	CHECK_EQ(fake_cpu.started, 0);
	check_cpu(0, 0x40);
	check_cpu(1, VCPU_UNUSED);
}

/* More than there is room for are cut; fewer leave the rest unused. */
WORLD_TEST(host_tells_fewer)
{
	start();
	fake_host.apic_id_count = 2;
	CHECK_EQ(cpus_start(fake_image()), ERR_OK);
	CHECK_EQ(fake_cpu.started, 1);
	check_cpu(2, VCPU_UNUSED);
}

WORLD_TEST(one_id_twice)
{
	start();
	fake_host.apic_ids[2] = 0x40;
	CHECK_EQ(cpus_start(fake_image()), ERR_HOST);
	CHECK_EQ(fake_cpu.started, 0);
}

WORLD_TEST(host_fails)
{
	start();
	fake_host.fails_at = 1;
	CHECK_EQ(cpus_start(fake_image()), ERR_HOST);
}

WORLD_TEST(cpu_cannot_start)
{
	start();
	fake_cpu.start_err = ERR_NOMEM;
	CHECK_EQ(cpus_start(fake_image()), ERR_NOMEM);
	CHECK_EQ(fake_cpu.started, 1);
}

/* The host says yes and never runs it: an error after a while, not a wait for ever. */
WORLD_TEST(cpu_does_not_begin)
{
	start();
	fake_cpu.start_is_silent = true;
	fake_cpu.ticks_step = 1000000000;
	CHECK_EQ(cpus_start(fake_image()), ERR_HOST);
	CHECK(strstr(fake_console(), "did not begin") != NULL);
}

WORLD_TEST(no_memory)
{
	start();
	CHECK(pool_alloc(pool_free_pages()) != NULL);
	CHECK_EQ(cpus_start(fake_image()), ERR_NOMEM);
}

UNIT_MAIN(CASE(starts_all), CASE(host_hides_the_others), CASE(host_tells_fewer),
	  CASE(one_id_twice), CASE(host_fails), CASE(cpu_cannot_start), CASE(cpu_does_not_begin),
	  CASE(no_memory))
