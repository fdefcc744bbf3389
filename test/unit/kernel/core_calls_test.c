/*
 * Calls of protocol 0 from a guest's VMSA through kernel, real core service, system calls and RMP
 * model, and back: what a guest sees, and what became of its pages.
 */
#include "core_program.h"
#include "snp/vmsa.h"
#include "svsm/core.h"
#include "svsm/protocol.h"
#include "vcpu/vcpu.h"
#include "world.h"
#include "x86/msr.h"

static const struct world two_cpus = { .cpus = 2, .guest_vmpl = 2 };

#define LIST  (WORLD_CAA + 8) /* where Linux and OVMF have theirs */
#define PAGE  UINT64_C(0x200000)
#define LARGE UINT64_C(0x400000)
#define VMSA  UINT64_C(0x301000)
#define AREA  UINT64_C(0x302000)

static struct svsm_list *list(void)
{
	return fake_at(LIST);
}

static uint64_t *entries(void)
{
	return (uint64_t *)(void *)(list() + 1);
}

static uint64_t call(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	struct world_call c = { .rax = SVSM_CALL(0, number), .rcx = rcx, .rdx = rdx, .r8 = r8 };
	uint64_t result = world_guest_call(&c);

	if (number != SVSM_CORE_QUERY_PROTOCOL && number != SVSM_CORE_CONFIGURE_VTOM) {
		CHECK_EQ(c.rcx, rcx);
	}
	CHECK_EQ(c.rdx, rdx);
	CHECK_EQ(c.r8, r8);
	return result;
}

static uint64_t pvalidate(void)
{
	return call(SVSM_CORE_PVALIDATE, LIST, 2, 3);
}

static void put(uint16_t count, uint16_t next, uint64_t first, uint64_t flags)
{
	*list() = (struct svsm_list){ .count = count, .next = next };
	for (uint16_t i = 0; i < count; i++) {
		entries()[i] = (first + i * PAGE_SIZE) | flags;
	}
}

static void start(void)
{
	fake_programs[WORLD_CORE] = core_program;
	world_boot(&two_cpus);
	fake_assign_2m(LARGE);
}

WORLD_TEST(lists)
{
	start();
	ROW("as long as the calling area lets it be");
	put(510, 0, PAGE, SVSM_PVALIDATE_VALIDATE);
	CHECK_EQ(pvalidate(), SVSM_SUCCESS);
	CHECK_EQ(list()->next, 510);
	CHECK(fake_may(PAGE, 2, VMPL_RWX) && fake_may(PAGE + 509 * PAGE_SIZE, 2, VMPL_RWX));
	CHECK_EQ(fake_trace.flushes, 0);
	ROW("and back, with one flush");
	put(510, 0, PAGE, 0);
	CHECK_EQ(pvalidate(), SVSM_SUCCESS);
	CHECK_EQ(fake_trace.flushes, 1);
	CHECK(!fake_is_validated(PAGE) && !fake_is_validated(PAGE + 509 * PAGE_SIZE));
	ROW("2M");
	put(1, 0, LARGE, SVSM_PVALIDATE_VALIDATE | SVSM_PVALIDATE_2M);
	CHECK_EQ(pvalidate(), SVSM_SUCCESS);
	CHECK(fake_may(LARGE + 0x1FF000, 2, VMPL_RWX));
}

/* Linux skips a 2 MiB entry that does not fit, goes on behind it, and does it later in 4 KiB. */
WORLD_TEST(size_mismatch_as_linux_takes_it)
{
	start();
	put(3, 0, PAGE, SVSM_PVALIDATE_VALIDATE);
	entries()[1] = UINT64_C(0x600000) | SVSM_PVALIDATE_VALIDATE | SVSM_PVALIDATE_2M;
	CHECK_EQ(pvalidate(), SVSM_ERR_CORE_SIZE_MISMATCH);
	CHECK_EQ(list()->next, 1);
	list()->next = 2;
	CHECK_EQ(pvalidate(), SVSM_SUCCESS);
	CHECK_EQ(list()->next, 3);
	CHECK(fake_may(PAGE, 2, VMPL_RWX) && fake_may(PAGE + 2 * PAGE_SIZE, 2, VMPL_RWX));
	CHECK(!fake_is_validated(0x600000));
}

WORLD_TEST(entries_that_fail)
{
	static const struct {
		const char *name;
		uint64_t entry;
		uint64_t want;
	} rows[] = {
		{ "no change", WORLD_SECRETS | 4, SVSM_ERR_CORE_NO_CHANGE },
		{ "the SVSM's", REGION_BASE_DEFAULT | 4, SVSM_ERR_INVALID_ADDRESS },
		{ "invalidate the SVSM's", REGION_BASE_DEFAULT, SVSM_ERR_INVALID_ADDRESS },
		{ "the calling area", WORLD_CAA, SVSM_ERR_INVALID_ADDRESS },
		{ "outside of memory", FAKE_GUEST_BYTES | 4, SVSM_ERR_INVALID_ADDRESS },
		{ "size 2", PAGE | 6, SVSM_ERR_INVALID_PARAMETER },
		{ "2M not aligned", (PAGE + PAGE_SIZE) | 5, SVSM_ERR_INVALID_PARAMETER },
		{ "reserved bit", PAGE | 0x14, SVSM_ERR_INVALID_FORMAT },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t base = UINT64_C(0x900000) + i * 4 * PAGE_SIZE;

		ROW(rows[i].name);
		put(3, 0, base, SVSM_PVALIDATE_VALIDATE);
		entries()[1] = rows[i].entry;
		CHECK_EQ(pvalidate(), rows[i].want);
		if (rows[i].want >= SVSM_ERR_PROTOCOL_BASE ||
		    rows[i].want == SVSM_ERR_INVALID_ADDRESS) {
			CHECK_EQ(list()->next, 1);
		}
		CHECK(!fake_is_validated(base + 2 * PAGE_SIZE));
	}
}

WORLD_TEST(list_addresses)
{
	static const struct {
		const char *name;
		uint64_t at, want;
	} rows[] = {
		{ "not aligned", LIST + 4, SVSM_ERR_INVALID_PARAMETER },
		{ "no room for an entry", WORLD_CAA + 0xFF8, SVSM_ERR_INVALID_PARAMETER },
		{ "the SVSM's", REGION_BASE_DEFAULT, SVSM_ERR_INVALID_ADDRESS },
		{ "not validated", PAGE, SVSM_ERR_INVALID_ADDRESS },
		{ "outside of memory", FAKE_GUEST_BYTES, SVSM_ERR_INVALID_ADDRESS },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(call(SVSM_CORE_PVALIDATE, rows[i].at, 0, 0), rows[i].want);
	}
}

/* Time is up after each entry: the guest asks again, unchanged, until it is done. */
WORLD_TEST(long_lists_in_pieces)
{
	unsigned int calls = 0;
	uint64_t result;

	start();
	put(20, 0, PAGE, SVSM_PVALIDATE_VALIDATE);
	fake_cpu.ticks_step = 4000000;
	do {
		result = pvalidate();
		calls++;
	} while (result == SVSM_ERR_INCOMPLETE && calls < 100);
	CHECK_EQ(result, SVSM_SUCCESS);
	CHECK(calls > 1);
	CHECK_EQ(list()->next, 20);
	CHECK(fake_may(PAGE + 19 * PAGE_SIZE, 2, VMPL_RWX));
}

/* Another vCPU of the guest changes the list while it is worked on: the copy counts. */
static void change_list(const struct fake_event *event)
{
	if (event->op == FAKE_PVALIDATE && list()->next == 0) {
		entries()[1] = REGION_BASE_DEFAULT | SVSM_PVALIDATE_VALIDATE;
		list()->count = 511;
	}
}

WORLD_TEST(list_changes)
{
	start();
	put(2, 0, PAGE, SVSM_PVALIDATE_VALIDATE);
	fake_trace.hook = change_list;
	CHECK_EQ(pvalidate(), SVSM_SUCCESS);
	CHECK(fake_may(PAGE + PAGE_SIZE, 2, VMPL_RWX));
	CHECK(!fake_may(REGION_BASE_DEFAULT, 2, VMPL_READ));
}

static void give_vmsa(uint8_t vmpl)
{
	const struct vmsa vmsa = { .vmpl = vmpl, .efer = EFER_SVME, .sev_features = FAKE_FEATURES };

	world_give(VMSA, 2);
	world_give(AREA, 2);
	memcpy(fake_at(VMSA), &vmsa, sizeof(vmsa));
}

WORLD_TEST(second_vcpu)
{
	struct world_call c = { .rax = SVSM_CALL(0, SVSM_CORE_QUERY_PROTOCOL), .rcx = 1 };

	start();
	give_vmsa(2);
	ROW("create");
	CHECK_EQ(call(SVSM_CORE_CREATE_VCPU, VMSA, AREA, 0x99), SVSM_ERR_INVALID_PARAMETER);
	CHECK_EQ(call(SVSM_CORE_CREATE_VCPU, VMSA, AREA, WORLD_APIC_ID(1)), SVSM_SUCCESS);
	CHECK(fake_is_vmsa(VMSA));
	ROW("its pages are out of reach");
	put(2, 0, VMSA, 0);
	CHECK_EQ(pvalidate(), SVSM_ERR_INVALID_ADDRESS);
	CHECK_EQ(call(SVSM_CORE_PVALIDATE, VMSA, 0, 0), SVSM_ERR_INVALID_ADDRESS);
	ROW("it calls by itself");
	fake_set_cpu(1);
	world_ask(VMSA, AREA, &c);
	CHECK(world_serve(VMSA, &c));
	CHECK_EQ(c.rcx, UINT64_C(1) << 32 | 1);
	fake_set_cpu(0);
	ROW("it runs");
	fake_set_running(VMSA, true);
	CHECK_EQ(call(SVSM_CORE_DELETE_VCPU, VMSA, 0, 0), SVSM_ERR_CORE_FAIL_INUSE);
	fake_set_running(VMSA, false);
	ROW("delete");
	CHECK_EQ(call(SVSM_CORE_DELETE_VCPU, VMSA, 0, 0), SVSM_SUCCESS);
	CHECK(fake_may(VMSA, 2, VMPL_RWX) && !fake_is_vmsa(VMSA));
	CHECK_EQ(call(SVSM_CORE_DELETE_VCPU, VMSA, 0, 0), SVSM_ERR_INVALID_PARAMETER);
	ROW("its own, and the first one's");
	CHECK_EQ(call(SVSM_CORE_DELETE_VCPU, world_vmsa(), 0, 0), SVSM_ERR_INVALID_PARAMETER);
}

WORLD_TEST(more_privileged_vmsa)
{
	start();
	give_vmsa(1);
	CHECK_EQ(call(SVSM_CORE_CREATE_VCPU, VMSA, AREA, WORLD_APIC_ID(1)),
		 SVSM_ERR_INVALID_PARAMETER);
	CHECK(fake_may(VMSA, 2, VMPL_RWX) && !fake_is_vmsa(VMSA));
}

WORLD_TEST(queries)
{
	struct world_call c = { .rax = SVSM_CALL(0, SVSM_CORE_QUERY_PROTOCOL), .rcx = 1 };

	start();
	CHECK_EQ(world_guest_call(&c), SVSM_SUCCESS);
	CHECK_EQ(c.rcx, UINT64_C(1) << 32 | 1);
	c = (struct world_call){ .rax = SVSM_CALL(0, SVSM_CORE_QUERY_PROTOCOL),
				 .rcx = UINT64_C(2) << 32 | 1 };
	CHECK_EQ(world_guest_call(&c), SVSM_SUCCESS);
	CHECK_EQ(c.rcx, 0);
	for (uint32_t number = SVSM_CORE_CONFIGURE_VTOM + 1; number < 16; number++) {
		CHECK_EQ(call(number, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
	}
	CHECK_EQ(call(UINT32_MAX, 0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
}

/* The core service dies in the middle of a list: a result code, and the next call works. */
WORLD_TEST(core_dies)
{
	start();
	put(2, 0, PAGE, SVSM_PVALIDATE_VALIDATE);
	core_program_dies = true;
	CHECK_EQ(pvalidate(), SVSM_ERR_KEEL_SERVICE_DIED);
	core_program_dies = false;
	put(2, 0, PAGE + 8 * PAGE_SIZE, SVSM_PVALIDATE_VALIDATE);
	CHECK_EQ(pvalidate(), SVSM_SUCCESS);
	CHECK_EQ(list()->next, 2);
}

UNIT_MAIN(CASE(lists), CASE(size_mismatch_as_linux_takes_it), CASE(entries_that_fail),
	  CASE(list_addresses), CASE(long_lists_in_pieces), CASE(list_changes), CASE(second_vcpu),
	  CASE(more_privileged_vmsa), CASE(queries), CASE(core_dies))
