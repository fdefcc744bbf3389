/* The registry: bounded, walked by vCPU, and an entry that someone holds is nobody else's. */
#include "vcpu/registry.h"

#include "mm/pool.h"
#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define ROOM 6u /* of one vCPU */

static struct registry_entry entry(uint64_t vmsa, uint32_t apic_id, uint8_t vmpl)
{
	return (struct registry_entry){ .vmsa = gpa(vmsa), .caa = gpa(vmsa + PAGE_SIZE),
					.apic_id = apic_id, .vmpl = vmpl };
}

static bool passed_over;

static void add(uint64_t vmsa, uint32_t apic_id, uint8_t vmpl)
{
	const struct registry_entry e = entry(vmsa, apic_id, vmpl);
	struct registry_entry *added = NULL;

	CHECK_EQ(registry_add(&e, &added), ERR_OK);
	CHECK(added != NULL && added->busy);
	registry_leave(added);
}

WORLD_TEST(bounded)
{
	const struct registry_entry e = entry(0x100000, 1, 1);
	struct registry_entry *found;

	world_vcpus(&one_cpu);
	for (unsigned int i = 0; i < ROOM; i++) {
		add(0x10000 * i, 7, 2);
	}
	CHECK_EQ(registry_add(&e, &found), ERR_NOMEM);
	CHECK_EQ(registry_claim(gpa(0x30000), 1, &found), ERR_OK);
	registry_remove(found);
	CHECK_EQ(registry_add(&e, &found), ERR_OK);
	CHECK_EQ(registry_add(&e, &found), ERR_NOMEM);
}

WORLD_TEST(walks_the_vcpus_own)
{
	struct registry_entry *found;
	unsigned int cursor = 0;

	world_vcpus(&one_cpu);
	add(0x10000, 7, 1);
	add(0x20000, 8, 1);
	add(0x30000, 7, 2);
	found = registry_enter(7, &cursor, &passed_over);
	CHECK(found != NULL && found->vmsa.value == 0x10000 && found->busy);
	registry_leave(found);
	CHECK(!found->busy);
	found = registry_enter(7, &cursor, &passed_over);
	CHECK(found != NULL && found->vmsa.value == 0x30000);
	CHECK(registry_enter(7, &cursor, &passed_over) == NULL);
	CHECK(!passed_over);
	ROW("one that is held is passed over");
	cursor = 0;
	CHECK(registry_enter(7, &cursor, &passed_over)->vmsa.value == 0x10000);
	CHECK(registry_enter(7, &cursor, &passed_over) == NULL);
	CHECK(passed_over);
	ROW("unknown vCPU");
	cursor = 0;
	passed_over = false;
	CHECK(registry_enter(9, &cursor, &passed_over) == NULL);
	CHECK(!passed_over);
}

WORLD_TEST(claims)
{
	static const struct {
		const char *name;
		uint64_t vmsa;
		unsigned int vmpl;
		enum err want;
	} rows[] = {
		{ "unknown", 0x90000, 1, ERR_INVALID },
		{ "not a page", 0x30001, 1, ERR_INVALID },
		{ "zero", 0, 1, ERR_INVALID },
		{ "the launch's", 0x10000, 1, ERR_INVALID },
		{ "of a more privileged VMPL", 0x20000, 3, ERR_INVALID },
		{ "inside a call", 0x40000, 1, ERR_INUSE },
		{ "one's equal", 0x20000, 2, ERR_OK },
		{ "twice", 0x20000, 2, ERR_INUSE },
		{ "a less privileged one", 0x30000, 1, ERR_OK },
	};
	struct registry_entry launch = entry(0x10000, 7, 2);
	struct registry_entry *found;
	unsigned int cursor = 0;

	world_vcpus(&one_cpu);
	launch.is_launch = true;
	CHECK_EQ(registry_add(&launch, &found), ERR_OK);
	registry_leave(found);
	add(0x20000, 7, 2);
	add(0x30000, 7, 3);
	add(0x40000, 9, 2);
	CHECK(registry_enter(9, &cursor, &passed_over) != NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(registry_claim(gpa(rows[i].vmsa), rows[i].vmpl, &found), rows[i].want);
	}
}

/* One that is being made: nobody can enter or claim it. */
WORLD_TEST(not_yet_there)
{
	const struct registry_entry e = entry(0x10000, 7, 0);
	struct registry_entry *added, *found;
	unsigned int cursor = 0;

	world_vcpus(&one_cpu);
	CHECK_EQ(registry_add(&e, &added), ERR_OK);
	CHECK(registry_enter(7, &cursor, &passed_over) == NULL);
	CHECK(passed_over);
	CHECK(registry_claim(gpa(0x10000), 1, &found) != ERR_OK);
	registry_leave(added);
	CHECK(registry_enter(7, &cursor, &passed_over) == added);
}

WORLD_TEST(calling_area_changes)
{
	struct registry_entry *found;
	unsigned int cursor = 0;

	world_vcpus(&one_cpu);
	add(0x10000, 7, 1);
	found = registry_enter(7, &cursor, &passed_over);
	registry_set_caa(found, gpa(0x55000));
	CHECK_EQ(found->caa.value, 0x55000);
}

WORLD_TEST(no_room)
{
	world_memory(&one_cpu);
	CHECK(pool_alloc(pool_free_pages()) != NULL);
	CHECK_EQ(registry_init(1), ERR_NOMEM);
}

UNIT_MAIN(CASE(bounded), CASE(walks_the_vcpus_own), CASE(claims), CASE(not_yet_there),
	  CASE(calling_area_changes), CASE(no_room))
