/*
 * Batches of pages: where each stops and what it says of it, one flush for all, time, and lists
 * that lie outside of the buffer or change while they are read.
 */
#include "caller.h"

#include "mm/deposit.h"
#include "svsm/core.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define PAGE	UINT64_C(0x200000)
#define LARGE	UINT64_C(0x400000)
#define LIST	offsetof(struct msg_buffer, in)
#define ENTRIES ((uint64_t *)(void *)caller_msg.in)

static uint64_t done(uint64_t value)
{
	return value & UINT32_MAX;
}

static uint64_t status(uint64_t value)
{
	return value >> 32;
}

static void put(unsigned int count, uint64_t first, uint64_t flags)
{
	for (unsigned int i = 0; i < count; i++) {
		ENTRIES[i] = (first + i * PAGE_SIZE) | flags;
	}
}

WORLD_TEST(bounds)
{
	static const struct {
		const char *name;
		uint64_t offset, count, first;
	} rows[] = {
		{ "no entries", LIST, 0, 0 },
		{ "too many", 0, 512, 0 },
		{ "as many as can be", LIST, UINT64_MAX, 0 },
		{ "as many as wrap", LIST, UINT64_C(1) << 61, 0 },
		{ "first is behind the last", LIST, 4, 4 },
		{ "first is far behind", LIST, 4, UINT64_MAX },
		{ "not aligned", LIST + 4, 4, 0 },
		{ "past the end", CALLER_BYTES - 24, 4, 0 },
		{ "behind the end", CALLER_BYTES, 1, 0 },
		{ "before the start", UINT64_MAX - 7, 1, 0 },
	};

	world_vcpus(&one_cpu);
	put(511, PAGE, SVSM_PVALIDATE_VALIDATE);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		struct fake_answer answer;

		ROW(rows[i / 2].name);
		answer = caller_call(i % 2 == 0 ? SYS_PAGE_STATE : SYS_DEPOSIT, rows[i / 2].offset,
				     rows[i / 2].count, rows[i / 2].first);
		CHECK_EQ(answer.err, ERR_INVALID);
		CHECK_EQ(answer.value, 0);
		CHECK_EQ(fake_trace.count, 0);
	}
	ROW("at the very end");
	memcpy((uint8_t *)&caller_msg + CALLER_BYTES - 8, ENTRIES, 8);
	CHECK_EQ(caller_err(SYS_PAGE_STATE, CALLER_BYTES - 8, 1, 0), ERR_OK);
	CHECK(fake_may(PAGE, 2, VMPL_RWX));
}

WORLD_TEST(full_list)
{
	struct fake_answer answer;

	world_vcpus(&one_cpu);
	put(511, PAGE, SVSM_PVALIDATE_VALIDATE);
	answer = caller_call(SYS_PAGE_STATE, LIST, 511, 0);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, 511);
	CHECK_EQ(fake_trace.flushes, 0);
	CHECK(fake_may(PAGE + 510 * PAGE_SIZE, 2, VMPL_RWX));
	ROW("one flush for all that was taken away");
	put(511, PAGE, 0);
	answer = caller_call(SYS_PAGE_STATE, LIST, 511, 0);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(fake_trace.flushes, 1);
	ROW("none is owed while the same list validates, nor after it");
	put(4, PAGE, SVSM_PVALIDATE_VALIDATE);
	ENTRIES[1] = PAGE;
	ENTRIES[3] = PAGE + 2 * PAGE_SIZE;
	fake_trace.flushes = 0;
	CHECK_EQ(caller_err(SYS_PAGE_STATE, LIST, 4, 0), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 2);
	put(1, PAGE, SVSM_PVALIDATE_VALIDATE);
	CHECK_EQ(caller_err(SYS_PAGE_STATE, LIST, 1, 0), ERR_OK);
	CHECK_EQ(fake_trace.flushes, 2);
}

/* It starts at `first` and stops at the entry that fails; what was done stays done. */
WORLD_TEST(stops_where_it_fails)
{
	static const struct {
		const char *name;
		uint64_t entry;
		enum err want;
		uint64_t status;
	} rows[] = {
		{ "reserved bit", PAGE | BIT(4), ERR_INVALID, 0 },
		{ "unknown size", PAGE | 2, ERR_INVALID, 0 },
		{ "2M not aligned", (PAGE + 0x1000) | 5, ERR_INVALID, 0 },
		{ "the SVSM's", REGION_BASE_DEFAULT | 4, ERR_ADDRESS, 0 },
		{ "size mismatch", 0x400000 | 5, ERR_FAULT, RMP_FAIL_SIZEMISMATCH },
		{ "no change", 0x600000, ERR_NOCHANGE, 0 },
	};

	world_vcpus(&one_cpu);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t base = UINT64_C(0x800000) + i * 8 * PAGE_SIZE;
		struct fake_answer answer;

		ROW(rows[i].name);
		put(4, base, SVSM_PVALIDATE_VALIDATE);
		ENTRIES[2] = rows[i].entry;
		answer = caller_call(SYS_PAGE_STATE, LIST, 4, 1);
		CHECK_EQ(answer.err, rows[i].want);
		CHECK_EQ(done(answer.value), 2);
		CHECK_EQ(status(answer.value), rows[i].status);
		CHECK(!fake_is_validated(base) && fake_is_validated(base + PAGE_SIZE));
		CHECK(!fake_is_validated(base + 3 * PAGE_SIZE));
	}
}

/* A failure must not save the flush that earlier entries owe. */
WORLD_TEST(flushes_after_a_failure)
{
	world_vcpus(&one_cpu);
	world_give(PAGE, 2);
	put(2, PAGE, 0);
	ENTRIES[1] = REGION_BASE_DEFAULT;
	CHECK_EQ(caller_err(SYS_PAGE_STATE, LIST, 2, 0), ERR_ADDRESS);
	CHECK_EQ(fake_trace.flushes, 1);
	CHECK(!fake_is_validated(PAGE));
}

/*
 * At least one entry per call, so that a guest that asks again gets on. The clock is looked at
 * after each large page, and after every eighth entry of a list.
 */
WORLD_TEST(stops_when_time_is_up)
{
	struct fake_answer answer;

	world_vcpus(&one_cpu);
	put(10, PAGE, SVSM_PVALIDATE_VALIDATE);
	fake_cpu.ticks_step = CALLER_BUDGET;
	answer = caller_call(SYS_PAGE_STATE, LIST, 10, 0);
	CHECK_EQ(answer.err, ERR_AGAIN);
	CHECK_EQ(answer.value, 8);
	answer = caller_call(SYS_PAGE_STATE, LIST, 10, 8);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, 10);
	ROW("invalidations are flushed before it says so");
	put(10, PAGE, 0);
	answer = caller_call(SYS_PAGE_STATE, LIST, 10, 0);
	CHECK_EQ(answer.err, ERR_AGAIN);
	CHECK_EQ(fake_trace.flushes, 1);
	ROW("large pages");
	fake_assign_2m(LARGE);
	fake_assign_2m(LARGE + PAGE_2M_SIZE);
	ENTRIES[0] = LARGE | SVSM_PVALIDATE_VALIDATE | SVSM_PVALIDATE_2M;
	ENTRIES[1] = (LARGE + PAGE_2M_SIZE) | SVSM_PVALIDATE_VALIDATE | SVSM_PVALIDATE_2M;
	answer = caller_call(SYS_PAGE_STATE, LIST, 2, 0);
	CHECK_EQ(answer.err, ERR_AGAIN);
	CHECK_EQ(answer.value, 1);
	answer = caller_call(SYS_PAGE_STATE, LIST, 2, 1);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, 2);
}

/* The service (or a guest through it) changes an entry once it was read: it is read once. */
static void change_entry(const struct fake_event *event)
{
	if (event->op == FAKE_PVALIDATE) {
		ENTRIES[0] = REGION_BASE_DEFAULT | SVSM_PVALIDATE_VALIDATE;
	}
}

WORLD_TEST(reads_entries_once)
{
	world_vcpus(&one_cpu);
	put(1, PAGE, SVSM_PVALIDATE_VALIDATE);
	fake_trace.hook = change_entry;
	CHECK_EQ(caller_err(SYS_PAGE_STATE, LIST, 1, 0), ERR_OK);
	CHECK(fake_may(PAGE, 2, VMPL_RWX));
	CHECK(!fake_may(REGION_BASE_DEFAULT, 1, VMPL_READ));
}

WORLD_TEST(deposits)
{
	struct fake_answer answer;

	world_vcpus(&one_cpu);
	world_give(PAGE, 2);
	world_give(PAGE + PAGE_SIZE, 2);
	put(3, PAGE, 0);
	ROW("stops at the page that is not the guest's");
	answer = caller_call(SYS_DEPOSIT, LIST, 3, 0);
	CHECK_EQ(answer.err, ERR_ADDRESS);
	CHECK_EQ(done(answer.value), 2);
	CHECK_EQ(world_state(PAGE), PAGE_SVSM);
	CHECK(!fake_may(PAGE, 2, VMPL_READ));
	for (unsigned int bit = 2; bit < 12; bit++) {
		ROW("a reserved bit");
		ENTRIES[0] = PAGE | BIT(bit);
		CHECK_EQ(caller_err(SYS_DEPOSIT, LIST, 1, 0), ERR_INVALID);
	}
	ROW("unknown sizes");
	ENTRIES[0] = PAGE | 2;
	CHECK_EQ(caller_err(SYS_DEPOSIT, LIST, 1, 0), ERR_INVALID);
	ENTRIES[0] = PAGE | 3;
	CHECK_EQ(caller_err(SYS_DEPOSIT, LIST, 1, 0), ERR_INVALID);
}

WORLD_TEST(withdraws)
{
	struct fake_answer answer;

	world_vcpus(&one_cpu);
	for (size_t i = 0; i < ARRAY_SIZE(caller_outside); i++) {
		ROW(caller_outside[i].name);
		CHECK_EQ(caller_err(SYS_WITHDRAW, caller_outside[i].offset,
				    caller_outside[i].bytes, 0),
			 ERR_INVALID);
	}
	ROW("not aligned");
	CHECK_EQ(caller_err(SYS_WITHDRAW, LIST + 4, 1, 0), ERR_INVALID);
	ROW("too much room");
	CHECK_EQ(caller_err(SYS_WITHDRAW, 0, 512, 0), ERR_INVALID);
	ROW("none there");
	answer = caller_call(SYS_WITHDRAW, LIST, 511, 0);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, 0);
	ROW("as many as there is room for");
	for (unsigned int i = 0; i < 3; i++) {
		world_give(PAGE + i * PAGE_SIZE, 2);
	}
	put(3, PAGE, 0);
	CHECK_EQ(caller_err(SYS_DEPOSIT, LIST, 3, 0), ERR_OK);
	answer = caller_call(SYS_WITHDRAW, LIST, 2, 0);
	CHECK_EQ(answer.value, 2);
	CHECK_EQ(world_state(ENTRIES[0]), PAGE_GUEST);
	CHECK(fake_may(ENTRIES[1], 2, VMPL_RWX));
	ROW("fewer");
	answer = caller_call(SYS_WITHDRAW, LIST, 2, 0);
	CHECK_EQ(answer.err, ERR_OK);
	CHECK_EQ(answer.value, 1);
}

UNIT_MAIN(CASE(bounds), CASE(full_list), CASE(stops_where_it_fails),
	  CASE(flushes_after_a_failure), CASE(stops_when_time_is_up), CASE(reads_entries_once),
	  CASE(deposits), CASE(withdraws))
