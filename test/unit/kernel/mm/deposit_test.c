/*
 * Deposits: taken only from the guest's own pages, out of its reach before they are used, given
 * back empty; refused as a whole where there is no room.
 */
#include "mm/deposit.h"

#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define PAGE  UINT64_C(0x200000)
#define LARGE UINT64_C(0x400000)

static enum err add(uint64_t page, enum rmp_page_size size)
{
	unsigned int status = 99;

	return deposit_add(gpa(page), size, 2, &status);
}

static void start(void)
{
	world_vcpus(&one_cpu);
	world_give(PAGE, 2);
	memset(fake_at(PAGE), 0x66, PAGE_SIZE);
	fake_trace.count = 0;
	fake_trace.flushes = 0;
}

static bool is_zero(uint64_t page)
{
	static const uint8_t zeros[PAGE_SIZE];

	return memcmp(fake_at(page), zeros, PAGE_SIZE) == 0;
}

WORLD_TEST(takes_and_gives_back)
{
	gpa_t page = gpa(0);

	start();
	CHECK(!deposit_is_available());
	CHECK_EQ(deposit_withdraw(2, &page), ERR_NOMEM);
	CHECK_EQ(add(PAGE, RMP_4K), ERR_OK);
	CHECK(deposit_is_available());
	CHECK_EQ(world_state(PAGE), PAGE_SVSM);
	CHECK_EQ(fake_trace.flushes, 1);
	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		CHECK(!fake_may(PAGE, vmpl, VMPL_READ));
	}
	CHECK_EQ(deposit_withdraw(2, &page), ERR_OK);
	CHECK_EQ(page.value, PAGE);
	CHECK(is_zero(PAGE));
	CHECK(fake_may(PAGE, 2, VMPL_RWX) && !fake_may(PAGE, 3, VMPL_READ));
	CHECK_EQ(world_state(PAGE), PAGE_GUEST);
	CHECK_EQ(world_owner(PAGE), 2);
	CHECK(!deposit_is_available());
	CHECK_EQ(fake_deposits.mapped, 0);
}

WORLD_TEST(used_for_good)
{
	gpa_t page;

	start();
	CHECK_EQ(add(PAGE, RMP_4K), ERR_OK);
	CHECK(deposit_take() == fake_at(PAGE));
	CHECK(is_zero(PAGE));
	CHECK(deposit_take() == NULL);
	CHECK_EQ(deposit_withdraw(2, &page), ERR_NOMEM);
	CHECK_EQ(world_state(PAGE), PAGE_SVSM);
}

WORLD_TEST(refuses)
{
	static const struct {
		const char *name;
		uint64_t page;
		enum rmp_page_size size;
	} rows[] = {
		{ "not validated", PAGE + PAGE_SIZE, RMP_4K },
		{ "a VMSA", PAGE + 2 * PAGE_SIZE, RMP_4K },
		{ "a calling area", PAGE + 3 * PAGE_SIZE, RMP_4K },
		{ "deposited already", PAGE + 4 * PAGE_SIZE, RMP_4K },
		{ "a more privileged VMPL's", PAGE + 5 * PAGE_SIZE, RMP_4K },
		{ "a less privileged VMPL's", PAGE + 6 * PAGE_SIZE, RMP_4K },
		{ "2M of which one is the guest's", PAGE, RMP_2M },
		{ "2M not aligned", PAGE + PAGE_SIZE, RMP_2M },
		{ "the SVSM's", REGION_BASE_DEFAULT, RMP_4K },
		{ "2M of the SVSM's", REGION_BASE_DEFAULT, RMP_2M },
		{ "outside of the map", FAKE_GUEST_BYTES, RMP_4K },
		{ "not aligned", PAGE + 8, RMP_4K },
	};

	start();
	world_set_state(PAGE + 2 * PAGE_SIZE, PAGE_VMSA);
	world_set_state(PAGE + 3 * PAGE_SIZE, PAGE_CAA);
	world_set_state(PAGE + 4 * PAGE_SIZE, PAGE_SVSM);
	world_set_owner(PAGE + 5 * PAGE_SIZE, PAGE_GUEST, 1);
	world_set_owner(PAGE + 6 * PAGE_SIZE, PAGE_GUEST, 3);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(add(rows[i].page, rows[i].size), ERR_ADDRESS);
		CHECK_EQ(fake_trace.count, 0);
		CHECK(!deposit_is_available());
	}
}

static void give_large(void)
{
	for (uint64_t at = LARGE; at < LARGE + PAGE_2M_SIZE; at += PAGE_SIZE) {
		world_set_state(at, PAGE_GUEST);
	}
	fake_assign_2m(LARGE);
	(void)rmp_pvalidate(&fake_rmp, LARGE, LARGE, RMP_2M, true);
	(void)rmp_adjust(&fake_rmp, LARGE, LARGE, RMP_2M, 0, RMPADJUST_ATTR(2, VMPL_RWX, false));
}

WORLD_TEST(takes_2m)
{
	gpa_t page;
	unsigned int count = 0;

	start();
	give_large();
	CHECK_EQ(add(LARGE, RMP_2M), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 1);
	CHECK(!fake_may(LARGE + 0x1FF000, 2, VMPL_READ));
	while (deposit_withdraw(2, &page) == ERR_OK) {
		count++;
		CHECK(is_zero(page.value));
		CHECK(fake_may(page.value, 2, VMPL_RWX));
		CHECK_EQ(world_state(page.value), PAGE_GUEST);
	}
	CHECK_EQ(count, PAGES_PER_2M);
	CHECK_EQ(fake_deposits.mapped, 0);
}

/* All or nothing: the guest has every page of it back. */
WORLD_TEST(no_room)
{
	start();
	give_large();
	fake_deposits.room = PAGES_PER_2M - 1;
	CHECK_EQ(add(LARGE, RMP_2M), ERR_NOMEM);
	CHECK(!deposit_is_available());
	CHECK(fake_may(LARGE, 2, VMPL_RWX) && fake_may(LARGE + 0x1FF000, 2, VMPL_RWX));
	CHECK_EQ(world_state(LARGE), PAGE_GUEST);
	ROW("for a smaller one there is");
	CHECK_EQ(add(PAGE, RMP_4K), ERR_OK);
}

WORLD_TEST(size_mismatch)
{
	unsigned int status = 0;

	start();
	for (uint64_t at = LARGE; at < LARGE + PAGE_2M_SIZE; at += PAGE_SIZE) {
		world_give(at, 2);
	}
	CHECK_EQ(deposit_add(gpa(LARGE), RMP_2M, 2, &status), ERR_FAULT);
	CHECK_EQ(status, RMP_FAIL_SIZEMISMATCH);
	CHECK(fake_may(LARGE, 2, VMPL_RWX));
	CHECK_EQ(world_state(LARGE), PAGE_GUEST);
}

/* Slots are used again: a guest that deposits and withdraws for ever finds room each time. */
WORLD_TEST(slots_come_back)
{
	gpa_t page;

	start();
	fake_deposits.room = 4;
	for (unsigned int i = 0; i < 20; i++) {
		CHECK_EQ(add(PAGE, RMP_4K), ERR_OK);
		CHECK_EQ(deposit_withdraw(2, &page), ERR_OK);
	}
	ROW("all of them");
	for (unsigned int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 4; i++) {
			world_give(LARGE + i * PAGE_SIZE, 2);
			CHECK_EQ(add(LARGE + i * PAGE_SIZE, RMP_4K), ERR_OK);
		}
		CHECK_EQ(add(PAGE, RMP_4K), ERR_NOMEM);
		while (deposit_withdraw(2, &page) == ERR_OK) {
			CHECK(is_zero(page.value));
		}
	}
}

/*
 * Another vCPU deposits while a withdrawal waits for its flush. It must not get the slot: a CPU
 * that still finds the withdrawn page there would take what the guest wrote for the list of free
 * pages.
 */
static void deposit_meanwhile(const struct fake_event *event)
{
	if (event->op == FAKE_FLUSH) {
		fake_trace.hook = NULL;
		CHECK_EQ(add(LARGE, RMP_4K), ERR_OK);
	}
}

WORLD_TEST(slot_is_flushed_first)
{
	gpa_t page = gpa(0);
	uint32_t slot;

	start();
	world_give(LARGE, 2);
	CHECK_EQ(add(PAGE, RMP_4K), ERR_OK);
	slot = fake_deposits.last;
	fake_trace.hook = deposit_meanwhile;
	CHECK_EQ(deposit_withdraw(2, &page), ERR_OK);
	CHECK_EQ(page.value, PAGE);
	CHECK(fake_trace.hook == NULL);
	CHECK(fake_deposits.last != slot);
	ROW("afterwards it is free");
	CHECK_EQ(add(PAGE, RMP_4K), ERR_OK);
	CHECK_EQ(fake_deposits.last, slot);
}

UNIT_MAIN(CASE(takes_and_gives_back), CASE(used_for_good), CASE(refuses), CASE(takes_2m),
	  CASE(no_room), CASE(size_mismatch), CASE(slots_come_back), CASE(slot_is_flushed_first))
