/*
 * Page state: the order PVALIDATE, zero, grant is checked on the model at each grant, and
 * refusals must leave the RMP and the bytes as they were.
 */
#include "mm/page.h"

#include "mm/memmap.h"
#include "mm/pool.h"
#include "svsm/core.h"
#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define PAGE  UINT64_C(0x200000)
#define LARGE UINT64_C(0x400000) /* one 2 MiB entry */
#define VMSA  UINT64_C(0x600000)
#define AREA  UINT64_C(0xA00000)

static void start(void)
{
	world_vcpus(&one_cpu);
	fake_assign_2m(LARGE);
	world_set_state(VMSA, PAGE_VMSA);
	world_set_state(AREA, PAGE_CAA);
	fake_trace.count = 0;
}

TEST(decodes)
{
	static const struct {
		const char *name;
		uint64_t raw;
		enum err want;
		struct page_change change;
	} rows[] = {
		{ "invalidate 4K", 0x200000, ERR_OK, { { 0x200000 }, RMP_4K, false, false } },
		{ "validate 4K", 0x201004, ERR_OK, { { 0x201000 }, RMP_4K, true, false } },
		{ "ignore CF", 0x20100C, ERR_OK, { { 0x201000 }, RMP_4K, true, true } },
		{ "validate 2M", 0x200005, ERR_OK, { { 0x200000 }, RMP_2M, true, false } },
		{ "all address bits", UINT64_C(0xFFFFFFFFFFFFF004), ERR_OK,
		  { { UINT64_C(0xFFFFFFFFFFFFF000) }, RMP_4K, true, false } },
		{ "2M not aligned", 0x201005, ERR_INVALID, { { 0 }, RMP_4K, false, false } },
		{ "2M not aligned, top", 0x300005, ERR_INVALID, { { 0 }, RMP_4K, false, false } },
		{ "size 2", 0x200006, ERR_INVALID, { { 0 }, RMP_4K, false, false } },
		{ "size 3", 0x200007, ERR_INVALID, { { 0 }, RMP_4K, false, false } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct page_change change = { 0 };

		ROW(rows[i].name);
		CHECK_EQ(page_decode(rows[i].raw, &change), rows[i].want);
		CHECK_EQ(change.page.value, rows[i].change.page.value);
		CHECK_EQ(change.size, rows[i].change.size);
		CHECK_EQ(change.validate, rows[i].change.validate);
		CHECK_EQ(change.ignore_unchanged, rows[i].change.ignore_unchanged);
	}
	for (unsigned int bit = 4; bit <= 11; bit++) {
		struct page_change change;

		ROW("a reserved bit");
		CHECK_EQ(page_decode(0x200004 | BIT(bit), &change), ERR_INVALID);
	}
}

static struct page_change change(uint64_t page, bool is_2m, bool validate)
{
	return (struct page_change){ gpa(page), is_2m ? RMP_2M : RMP_4K, validate, false };
}

static bool all_zero(uint64_t at, uint64_t bytes)
{
	const uint8_t *p = fake_at(at);

	for (uint64_t i = 0; i < bytes; i++) {
		if (p[i] != 0) {
			return false;
		}
	}
	return true;
}

/* At each grant the page must hold zeros already; nobody but VMPL0 may have had it before that. */
static void check_grant(const struct fake_event *event)
{
	uint64_t bytes = event->is_2m ? PAGE_2M_SIZE : PAGE_SIZE;

	if (event->op == FAKE_ADJUST && event->perms != 0) {
		CHECK(all_zero(event->gpa, bytes));
	}
	if (event->op == FAKE_ZERO) {
		CHECK(fake_is_validated(event->gpa));
		CHECK(!fake_may(event->gpa, 1, VMPL_READ) && !fake_may(event->gpa, 3, VMPL_READ));
	}
}

static void check_validates(uint64_t page, bool is_2m, unsigned int vmpl)
{
	const struct page_change c = change(page, is_2m, true);
	uint64_t bytes = is_2m ? PAGE_2M_SIZE : PAGE_SIZE;
	unsigned int status = 99;

	memset(fake_at(page), 0xCC, bytes);
	fake_trace.count = 0;
	fake_trace.hook = check_grant;
	CHECK_EQ(page_perform(&c, vmpl, &status), ERR_OK);
	fake_trace.hook = NULL;
	CHECK_EQ(status, 0);
	CHECK_EQ(fake_trace.count, 2 + vmpl);
	CHECK_EQ(fake_trace.events[0].op, FAKE_PVALIDATE);
	CHECK_EQ(fake_trace.events[1].op, FAKE_ZERO);
	CHECK_EQ(fake_trace.events[1].is_2m, is_2m);
	CHECK(all_zero(page, bytes));
	for (unsigned int i = 1; i < VMPL_COUNT; i++) {
		CHECK_EQ(fake_may(page, i, VMPL_READ), i <= vmpl);
		CHECK_EQ(fake_may(page + bytes - 1, i, VMPL_RWX), i <= vmpl);
	}
}

WORLD_TEST(validates)
{
	start();
	for (unsigned int vmpl = 1; vmpl < VMPL_COUNT; vmpl++) {
		ROW("4K");
		check_validates(PAGE + vmpl * PAGE_SIZE, false, vmpl);
	}
	ROW("2M");
	check_validates(LARGE, true, 2);
	ROW("4K of a 2M entry: the host splits it");
	fake_assign_2m(0x800000);
	check_validates(0x801000, false, 2);
	CHECK(!fake_is_validated(0x800000) && !fake_is_validated(0x802000));
	ROW("the first and the last page of the map");
	check_validates(0, false, 2);
	check_validates(WORLD_FIRMWARE - PAGE_SIZE, false, 2);
}

static void check_untouched(struct page_change c, enum err want)
{
	unsigned int status = 99;

	fake_trace.count = 0;
	CHECK_EQ(page_perform(&c, 2, &status), want);
	CHECK_EQ(status, 0);
	CHECK_EQ(fake_trace.count, 0);
	CHECK_EQ(*(const uint8_t *)fake_at(c.page.value), 0x77);
}

/* What the kernel remembers decides: nothing is done to a page that is already so. */
WORLD_TEST(changes_once)
{
	struct page_change c = change(PAGE, false, true);
	struct page_change large = change(LARGE, true, true);
	unsigned int status;

	start();
	world_give(PAGE, 2);
	memset(fake_at(PAGE), 0x77, PAGE_SIZE);
	ROW("validated");
	check_untouched(c, ERR_NOCHANGE);
	ROW("validated, ignored");
	c.ignore_unchanged = true;
	check_untouched(c, ERR_OK);
	ROW("validated, 2M");
	CHECK_EQ(page_perform(&large, 2, &status), ERR_OK);
	memset(fake_at(LARGE), 0x77, PAGE_SIZE);
	check_untouched(large, ERR_NOCHANGE);
	ROW("not validated");
	c = change(PAGE + PAGE_SIZE, false, false);
	memset(fake_at(PAGE + PAGE_SIZE), 0x77, PAGE_SIZE);
	check_untouched(c, ERR_NOCHANGE);
	ROW("not validated, ignored");
	c.ignore_unchanged = true;
	check_untouched(c, ERR_OK);
}

/*
 * The host exchanges what lies behind a validated page for a fresh one, and the guest is made to
 * validate again: two pages validated for one address would let the host choose between them.
 */
WORLD_TEST(never_validates_twice)
{
	struct page_change c = change(PAGE, false, true);
	unsigned int status;

	start();
	CHECK_EQ(page_perform(&c, 2, &status), ERR_OK);
	fake_remap(PAGE, FAKE_GUEST_PAGES);
	CHECK_EQ(page_perform(&c, 2, &status), ERR_NOCHANGE);
	c.ignore_unchanged = true;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_OK);
	CHECK(!fake_is_validated(PAGE));
}

/* What PVALIDATE finds validated though the kernel did not do it stays the kernel's: no grant. */
WORLD_TEST(refuses_what_others_validated)
{
	struct page_change c = change(PAGE, false, true);
	unsigned int status;

	start();
	fake_give(PAGE, 0);
	c.ignore_unchanged = true;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_NOCHANGE);
	CHECK(!fake_may(PAGE, 1, VMPL_READ));
	CHECK_EQ(world_state(PAGE), PAGE_FREE);
}

/* Some pages of a 2 MiB page are validated, some not: as if the sizes did not match. */
WORLD_TEST(mixed_2m)
{
	struct page_change c = change(0x800000, true, true);
	unsigned int status = 0;

	start();
	world_give(0x9FF000, 2);
	CHECK_EQ(page_perform(&c, 2, &status), ERR_FAULT);
	CHECK_EQ(status, RMP_FAIL_SIZEMISMATCH);
	c.validate = false;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_FAULT);
	CHECK_EQ(status, RMP_FAIL_SIZEMISMATCH);
	CHECK_EQ(fake_trace.count, 0);
}

static void check_invalidates(uint64_t page, bool is_2m)
{
	const struct page_change c = change(page, is_2m, false);
	unsigned int status = 99;

	fake_trace.count = 0;
	CHECK_EQ(page_perform(&c, 3, &status), ERR_OK);
	CHECK_EQ(status, 0);
	CHECK_EQ(fake_trace.count, VMPL_COUNT);
	for (unsigned int i = 0; i < VMPL_COUNT - 1; i++) {
		CHECK_EQ(fake_trace.events[i].op, FAKE_ADJUST);
		CHECK_EQ(fake_trace.events[i].vmpl, i + 1);
		CHECK_EQ(fake_trace.events[i].perms, 0);
	}
	CHECK_EQ(fake_trace.events[VMPL_COUNT - 1].op, FAKE_PVALIDATE);
	CHECK(!fake_is_validated(page));
}

WORLD_TEST(invalidates)
{
	struct page_change c = change(LARGE, true, true);
	unsigned int status;

	start();
	ROW("4K");
	world_give(PAGE, 3);
	check_invalidates(PAGE, false);
	ROW("2M");
	CHECK_EQ(page_perform(&c, 3, &status), ERR_OK);
	check_invalidates(LARGE, true);
	ROW("2M of what was validated as 4K");
	for (uint64_t at = 0x800000; at < 0xA00000; at += PAGE_SIZE) {
		world_give(at, 2);
	}
	c = change(0x800000, true, false);
	CHECK_EQ(page_perform(&c, 2, &status), ERR_FAULT);
	CHECK_EQ(status, RMP_FAIL_SIZEMISMATCH);
	CHECK(fake_is_validated(0x800000));
	CHECK_EQ(world_state(0x800000), PAGE_GUEST);
}

WORLD_TEST(size_mismatch)
{
	const struct page_change c = change(PAGE, true, true);
	unsigned int status = 0;

	start();
	memset(fake_at(PAGE), 0x77, PAGE_SIZE);
	CHECK_EQ(page_perform(&c, 2, &status), ERR_FAULT);
	CHECK_EQ(status, RMP_FAIL_SIZEMISMATCH);
	CHECK_EQ(fake_trace.count, 1);
	CHECK_EQ(*(const uint8_t *)fake_at(PAGE), 0x77);
	CHECK(!fake_is_validated(PAGE));
}

/* Refused before any instruction: validate and invalidate alike. */
WORLD_TEST(refuses_what_is_not_the_guests)
{
	static const struct {
		const char *name;
		uint64_t page;
		bool is_2m;
	} rows[] = {
		{ "the image map", REGION_BASE_DEFAULT, false },
		{ "the region's last page", REGION_BASE_DEFAULT + FAKE_REGION_BYTES - 4096, false },
		{ "2M of the region", REGION_BASE_DEFAULT, true },
		{ "behind the region", REGION_BASE_DEFAULT + FAKE_REGION_BYTES, false },
		{ "outside of the map", FAKE_GUEST_BYTES, false },
		{ "2M across the end of the map", WORLD_FIRMWARE - 0x100000, true },
		{ "the highest page", UINT64_C(0xFFFFFFFFFFFFF000), false },
		{ "the highest 2M", UINT64_C(0xFFFFFFFFFFE00000), true },
		{ "a VMSA", VMSA, false },
		{ "2M around a VMSA", VMSA, true },
		{ "a calling area", AREA, false },
		{ "2M around a calling area", AREA, true },
	};

	start();
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		const bool validate = i % 2 == 0;
		const struct page_change c = change(rows[i / 2].page, rows[i / 2].is_2m, validate);
		unsigned int status = 99;

		ROW(rows[i / 2].name);
		CHECK_EQ(page_perform(&c, 2, &status), ERR_ADDRESS);
		CHECK_EQ(status, 0);
		CHECK_EQ(fake_trace.count, 0);
	}
}

/* A host map that claims the region is guest memory still leaves it the SVSM's. */
WORLD_TEST(refuses_the_region_whatever_the_map_says)
{
	unsigned int status;

	world_pool(&one_cpu);
	CHECK_EQ(memmap_add(REGION_BASE_DEFAULT - PAGE_2M_SIZE, 4 * PAGE_2M_SIZE), ERR_OK);
	CHECK_EQ(pagestate_init(), ERR_OK);
	fake_trace.count = 0;
	for (uint64_t page = 0; page < FAKE_REGION_PAGES; page++) {
		struct page_change c = change(REGION_BASE_DEFAULT + page * PAGE_SIZE, false, true);

		CHECK_EQ(page_perform(&c, 2, &status), ERR_ADDRESS);
		c.validate = false;
		CHECK_EQ(page_perform(&c, 2, &status), ERR_ADDRESS);
	}
	CHECK_EQ(fake_trace.count, 0);
}

/* Each instruction of a change fails in turn: with a fault, and with a code of its own. */
static void check_failures(bool validate, unsigned int instructions)
{
	const struct page_change c = change(PAGE, false, validate);
	unsigned int status;

	start();
	if (!validate) {
		world_give(PAGE, 2);
	}
	fake_trace.fault_at = instructions;
	fake_trace.fault_status = RMP_FAIL_INPUT;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_FAULT);
	CHECK_EQ(status, RMP_FAIL_INPUT);
	CHECK(!fake_may(PAGE, 2, VMPL_READ));
	CHECK_EQ(fake_may(PAGE, 1, VMPL_READ), validate && instructions == 3);
}

WORLD_TEST(first_of_validate_fails)
{
	check_failures(true, 1);
	CHECK_EQ(world_find_event(FAKE_ZERO, PAGE), -1);
}

WORLD_TEST(first_grant_fails)
{
	check_failures(true, 2);
}

WORLD_TEST(second_grant_fails)
{
	check_failures(true, 3);
}

WORLD_TEST(last_revoke_fails)
{
	check_failures(false, 3);
	CHECK(fake_is_validated(PAGE));
	CHECK_EQ(world_find_event(FAKE_PVALIDATE, PAGE), -1);
	CHECK_EQ(world_state(PAGE), PAGE_GUEST);
}

WORLD_TEST(pvalidate_after_revoke_fails)
{
	check_failures(false, 4);
}

/* With a fault instead of a code, the status says nothing. */
WORLD_TEST(instruction_faults)
{
	const struct page_change c = change(PAGE, false, true);
	unsigned int status = 99;

	start();
	fake_trace.fault_at = 1;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_FAULT);
	CHECK_EQ(status, 0);
	CHECK_EQ(world_find_event(FAKE_ZERO, PAGE), -1);
	CHECK_EQ(world_state(PAGE), PAGE_FREE);
}

/* The host takes the page between PVALIDATE and the zeroing: nothing is granted. */
static void take_at_zero(const struct fake_event *event)
{
	if (event->op == FAKE_ZERO) {
		fake_take(event->gpa);
	}
}

WORLD_TEST(taken_before_zeroing)
{
	const struct page_change c = change(PAGE, false, true);
	unsigned int status;

	start();
	fake_trace.hook = take_at_zero;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_ADDRESS);
	CHECK_EQ(world_find_event(FAKE_ADJUST, PAGE), -1);
	ROW("and a retry does not validate what the host brings instead");
	fake_trace.hook = NULL;
	fake_remap(PAGE, FAKE_GUEST_PAGES);
	CHECK_EQ(page_perform(&c, 2, &status), ERR_ADDRESS);
	CHECK(!fake_is_validated(PAGE));
	ROW("nor is it the guest's to offer for anything else");
	CHECK_EQ(world_state(PAGE), PAGE_LOST);
	CHECK_EQ(world_owner(PAGE), PAGE_NOBODY);
}

WORLD_TEST(no_memory_to_remember_it)
{
	const struct page_change c = change(PAGE, false, true);
	unsigned int status;

	world_memory(&one_cpu);
	CHECK(pool_alloc(pool_free_pages()) != NULL);
	fake_trace.count = 0;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_NOMEM);
	CHECK_EQ(fake_trace.count, 0);
}

/* What one VMPL had validated is nothing that another may change, whatever it asks for. */
WORLD_TEST(refuses_what_is_anothers)
{
	unsigned int status;

	start();
	for (unsigned int owner = 1; owner < VMPL_COUNT; owner++) {
		struct page_change c = change(PAGE + owner * PAGE_SIZE, false, true);

		CHECK_EQ(page_perform(&c, owner, &status), ERR_OK);
		fake_trace.count = 0;
		c.ignore_unchanged = true;
		for (unsigned int i = 0; i < 2 * VMPL_COUNT; i++) {
			unsigned int vmpl = i / 2;

			c.validate = i % 2 == 0;
			if (vmpl != 0 && vmpl != owner) {
				CHECK_EQ(page_perform(&c, vmpl, &status), ERR_ADDRESS);
			}
		}
		CHECK_EQ(fake_trace.count, 0);
		CHECK_EQ(world_owner(c.page.value), owner);
	}
}

/* A 2 MiB page with one small page of another's in it. */
WORLD_TEST(refuses_2m_that_is_partly_anothers)
{
	const struct page_change give = change(LARGE, true, true);
	const struct page_change take = change(LARGE, true, false);
	unsigned int status;

	start();
	CHECK_EQ(page_perform(&give, 2, &status), ERR_OK);
	world_set_owner(LARGE + 0x1FF000, PAGE_GUEST, 1);
	fake_trace.count = 0;
	CHECK_EQ(page_perform(&take, 2, &status), ERR_ADDRESS);
	CHECK_EQ(page_perform(&give, 2, &status), ERR_ADDRESS);
	CHECK_EQ(fake_trace.count, 0);
}

WORLD_TEST(grants_revokes)
{
	unsigned int status;

	start();
	ROW("grant needs a validated page");
	CHECK_EQ(page_grant(gpa(PAGE), 2), ERR_FAULT);
	fake_give(PAGE, 0);
	CHECK_EQ(page_grant(gpa(PAGE), 2), ERR_OK);
	CHECK(fake_may(PAGE, 1, VMPL_RWX) && fake_may(PAGE, 2, VMPL_RWX));
	CHECK(!fake_may(PAGE, 3, VMPL_READ));
	ROW("revoke");
	CHECK_EQ(page_revoke(gpa(PAGE), RMP_4K, &status), ERR_OK);
	CHECK(!fake_may(PAGE, 1, VMPL_READ) && !fake_may(PAGE, 2, VMPL_READ));
	CHECK(fake_is_validated(PAGE));
	ROW("grant keeps the bytes");
	memset(fake_at(PAGE), 0x22, PAGE_SIZE);
	CHECK_EQ(page_grant(gpa(PAGE), 3), ERR_OK);
	CHECK(fake_may(PAGE, 3, VMPL_RWX));
	CHECK_EQ(*(const uint8_t *)fake_at(PAGE), 0x22);
}

/* A TLB may still let the last owner in, until the CPU that took the page back has flushed. */
WORLD_TEST(anothers_page_is_flushed)
{
	struct page_change c = change(PAGE, false, true);
	unsigned int status;

	start();
	CHECK_EQ(page_perform(&c, 3, &status), ERR_OK);
	ROW("taken back, not flushed yet");
	c.validate = false;
	page_owe_flush();
	CHECK_EQ(page_perform(&c, 3, &status), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 0);
	ROW("another CPU validates it");
	c.validate = true;
	fake_trace.count = 0;
	CHECK_EQ(page_perform(&c, 2, &status), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 1);
	CHECK(world_find_event(FAKE_FLUSH, 0) < world_find_event(FAKE_ZERO, PAGE));
	ROW("once it is flushed");
	page_flush();
	CHECK_EQ(fake_trace.flushes, 2);
	c.page = gpa(PAGE + PAGE_SIZE);
	CHECK_EQ(page_perform(&c, 2, &status), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 2);
}

UNIT_MAIN(CASE(decodes), CASE(validates), CASE(changes_once), CASE(never_validates_twice),
	  CASE(anothers_page_is_flushed),
	  CASE(refuses_what_others_validated), CASE(mixed_2m), CASE(invalidates),
	  CASE(size_mismatch), CASE(refuses_what_is_not_the_guests),
	  CASE(refuses_the_region_whatever_the_map_says), CASE(first_of_validate_fails),
	  CASE(first_grant_fails), CASE(second_grant_fails), CASE(last_revoke_fails),
	  CASE(pvalidate_after_revoke_fails), CASE(instruction_faults), CASE(taken_before_zeroing),
	  CASE(no_memory_to_remember_it), CASE(refuses_what_is_anothers),
	  CASE(refuses_2m_that_is_partly_anothers), CASE(grants_revokes))
