/*
 * The memory of page states: four bits a page, neighbours apart, tables made when needed and never
 * for what is not guest memory; locks of two pages in one order.
 */
#include "mm/pagestate.h"

#include "mm/deposit.h"
#include "mm/memmap.h"
#include "mm/pool.h"
#include "panic.h"
#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

WORLD_TEST(neighbours_are_apart)
{
	static const enum page_state states[] = { PAGE_VMSA, PAGE_GUEST, PAGE_CAA, PAGE_FREE };

	world_memory(&one_cpu);
	for (uint64_t i = 0; i < 64; i++) {
		world_set_state(i * PAGE_SIZE, states[i % 4]);
	}
	for (uint64_t i = 0; i < 64; i++) {
		CHECK_EQ(world_state(i * PAGE_SIZE), states[i % 4]);
	}
	world_set_state(0, PAGE_FREE);
	CHECK_EQ(world_state(0), PAGE_FREE);
	CHECK_EQ(world_state(PAGE_SIZE), PAGE_GUEST);
}

WORLD_TEST(owners)
{
	world_memory(&one_cpu);
	for (uint64_t i = 0; i < 64; i++) {
		CHECK_EQ(world_owner(i * PAGE_SIZE), PAGE_NOBODY);
		world_set_owner(i * PAGE_SIZE, PAGE_GUEST, (unsigned int)(i % 3) + 1);
	}
	pagestate_lock(gpa(0));
	for (uint64_t i = 0; i < 64; i++) {
		pagestate_become(gpa(i * PAGE_SIZE), i % 2 == 0 ? PAGE_VMSA : PAGE_CAA);
	}
	CHECK(pagestate_all(gpa(0), PAGE_SIZE, PAGE_VMSA, 1));
	CHECK(!pagestate_all(gpa(0), PAGE_SIZE, PAGE_VMSA, 2));
	CHECK(!pagestate_all(gpa(0), 2 * PAGE_SIZE, PAGE_VMSA, 1));
	pagestate_unlock(gpa(0));
	for (uint64_t i = 0; i < 64; i++) {
		CHECK_EQ(world_state(i * PAGE_SIZE), i % 2 == 0 ? PAGE_VMSA : PAGE_CAA);
		CHECK_EQ(world_owner(i * PAGE_SIZE), i % 3 + 1);
	}
	world_set_state(0, PAGE_SVSM);
	CHECK_EQ(world_owner(0), PAGE_NOBODY);
	CHECK_EQ(world_owner(REGION_BASE_DEFAULT), PAGE_NOBODY);
}

WORLD_TEST(ranges)
{
	world_memory(&one_cpu);
	pagestate_lock(gpa(0x200000));
	CHECK_EQ(pagestate_reserve(gpa(0x200000), PAGE_2M_SIZE), ERR_OK);
	CHECK(pagestate_all(gpa(0x200000), PAGE_2M_SIZE, PAGE_FREE, PAGE_NOBODY));
	pagestate_set(gpa(0x200000), PAGE_2M_SIZE, PAGE_GUEST, 2);
	CHECK(pagestate_all(gpa(0x200000), PAGE_2M_SIZE, PAGE_GUEST, 2));
	CHECK_EQ(pagestate_get(gpa(0x1FF000)), PAGE_FREE);
	CHECK_EQ(pagestate_get(gpa(0x400000)), PAGE_FREE);
	pagestate_set(gpa(0x3FF000), PAGE_SIZE, PAGE_FREE, PAGE_NOBODY);
	CHECK(!pagestate_all(gpa(0x200000), PAGE_2M_SIZE, PAGE_GUEST, 2));
	pagestate_unlock(gpa(0x200000));
}

/* Nothing is reserved for, or known of, what is not guest memory. */
WORLD_TEST(foreign_memory)
{
	static const struct {
		const char *name;
		uint64_t at, bytes;
	} rows[] = {
		{ "the region", REGION_BASE_DEFAULT, PAGE_SIZE },
		{ "behind memory", FAKE_GUEST_BYTES, PAGE_SIZE },
		{ "across the end", FAKE_GUEST_BYTES - PAGE_SIZE, 2 * PAGE_SIZE },
		{ "the top", UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE },
	};
	size_t free_pages;

	world_memory(&one_cpu);
	free_pages = pool_free_pages();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(pagestate_reserve(gpa(rows[i].at), rows[i].bytes), ERR_ADDRESS);
		CHECK(!pagestate_all(gpa(rows[i].at), rows[i].bytes, PAGE_FREE, PAGE_NOBODY));
		CHECK_EQ(pool_free_pages(), free_pages);
	}
	ROW("state of it");
	CHECK_EQ(pagestate_get(gpa(REGION_BASE_DEFAULT)), PAGE_FREE);
}

WORLD_TEST(memory_runs_out)
{
	world_pool(&one_cpu);
	CHECK_EQ(memmap_add(0, UINT64_C(0x100000000)), ERR_OK);
	CHECK_EQ(pagestate_init(), ERR_OK);
	ROW("a table where one is needed, once");
	CHECK_EQ(pagestate_reserve(gpa(0), PAGE_2M_SIZE), ERR_OK);
	CHECK_EQ(pool_free_pages(), FAKE_REGION_PAGES - WORLD_IMAGE_PAGES - 2);
	CHECK_EQ(pagestate_reserve(gpa(0x1FFF000), PAGE_SIZE), ERR_OK);
	CHECK_EQ(pool_free_pages(), FAKE_REGION_PAGES - WORLD_IMAGE_PAGES - 2);
	CHECK_EQ(pagestate_reserve(gpa(0x2000000), PAGE_SIZE), ERR_OK);
	CHECK_EQ(pool_free_pages(), FAKE_REGION_PAGES - WORLD_IMAGE_PAGES - 3);
	ROW("no page for another");
	CHECK(pool_alloc(pool_free_pages()) != NULL);
	CHECK_EQ(pagestate_reserve(gpa(0x4000000), PAGE_SIZE), ERR_NOMEM);
	CHECK_EQ(pagestate_get(gpa(0x4000000)), PAGE_FREE);
	CHECK_EQ(pagestate_reserve(gpa(0x2000000), PAGE_SIZE), ERR_OK);
}

/* Far more memory than the region has tables for: it is known page by page all the same. */
WORLD_TEST(a_terabyte)
{
	const uint64_t part = UINT64_C(32) << 20;
	const uint64_t last = BIT(40) - PAGE_SIZE;
	const uint64_t gift = 0x1000;
	uint64_t at = part;
	unsigned int status;
	size_t free_pages;

	world_pool(&one_cpu);
	free_pages = pool_free_pages();
	CHECK_EQ(memmap_add(0, BIT(40)), ERR_OK);
	CHECK_EQ(pagestate_init(), ERR_OK);
	ROW("eight bytes for each 32 MiB");
	CHECK_EQ(free_pages - pool_free_pages(), BIT(40) / part * 8 / PAGE_SIZE);
	ROW("the last page and its neighbour");
	world_set_state(last, PAGE_GUEST);
	CHECK_EQ(world_state(last), PAGE_GUEST);
	CHECK_EQ(world_state(last - PAGE_SIZE), PAGE_FREE);
	CHECK_EQ(pagestate_reserve(gpa(last), 2 * PAGE_SIZE), ERR_ADDRESS);
	ROW("until there is no room for a table");
	world_give(gift, 2);
	while (pagestate_reserve(gpa(at), PAGE_2M_SIZE) == ERR_OK) {
		at += part;
	}
	CHECK_EQ(pagestate_reserve(gpa(at), PAGE_2M_SIZE), ERR_NOMEM);
	CHECK(at > 2 * part && at < BIT(39));
	ROW("a deposit is room for one");
	CHECK_EQ(deposit_add(gpa(gift), RMP_4K, 2, &status), ERR_OK);
	CHECK_EQ(pagestate_reserve(gpa(at), PAGE_2M_SIZE), ERR_OK);
	CHECK_EQ(pagestate_reserve(gpa(at + part), PAGE_2M_SIZE), ERR_NOMEM);
	world_set_state(at, PAGE_GUEST);
	CHECK_EQ(world_state(at), PAGE_GUEST);
	CHECK_EQ(world_state(last), PAGE_GUEST);
}

WORLD_TEST(no_room_for_the_directory)
{
	world_pool(&one_cpu);
	CHECK_EQ(memmap_add(0, PAGE_SIZE), ERR_OK);
	CHECK(pool_alloc(pool_free_pages()) != NULL);
	CHECK_EQ(pagestate_init(), ERR_NOMEM);
}

static void set_unreserved(void)
{
	pagestate_set(gpa(0x200000), PAGE_SIZE, PAGE_GUEST, 2);
}

static void set_foreign(void)
{
	pagestate_set(gpa(REGION_BASE_DEFAULT), PAGE_SIZE, PAGE_GUEST, 2);
}

WORLD_TEST(asserts)
{
	world_memory(&one_cpu);
	CHECK_EQ(world_panic_of(set_unreserved), PANIC_BUG);
	CHECK_EQ(world_panic_of(set_foreign), PANIC_BUG);
}

/* Two pages: of one area, of areas that share a lock, in either order. It would hang. */
WORLD_TEST(locks_of_two)
{
	static const struct {
		const char *name;
		uint64_t a, b;
	} rows[] = {
		{ "the same page", 0x1000, 0x1000 },
		{ "one area", 0x1000, 0x2000 },
		{ "two areas", 0x1000, 0x201000 },
		{ "descending", 0x201000, 0x1000 },
		{ "areas that share a lock", 0x1000, 0x8001000 },
		{ "hostile addresses", UINT64_MAX, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		for (unsigned int n = 0; n < 2; n++) {
			pagestate_lock_two(gpa(rows[i].a), gpa(rows[i].b));
			pagestate_unlock_two(gpa(rows[i].a), gpa(rows[i].b));
		}
		pagestate_lock(gpa(rows[i].a));
		pagestate_unlock(gpa(rows[i].a));
		pagestate_lock(gpa(rows[i].b));
		pagestate_unlock(gpa(rows[i].b));
		CHECK(true);
	}
}

UNIT_MAIN(CASE(neighbours_are_apart), CASE(owners), CASE(ranges), CASE(foreign_memory),
	  CASE(memory_runs_out), CASE(a_terabyte), CASE(no_room_for_the_directory), CASE(asserts),
	  CASE(locks_of_two))
