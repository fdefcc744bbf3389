/*
 * Guest memory, checked before it is touched: what is refused reaches neither the architecture nor
 * the bytes; what the RMP model refuses is an error and nothing else.
 */
#include "mm/guestmem.h"

#include "mm/pool.h"
#include "world.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

#define GIVEN	 UINT64_C(0x200000) /* two pages that the guest has */
#define UNGIVEN	 UINT64_C(0x300000) /* its memory, not validated */
#define TAKEN	 UINT64_C(0x301000) /* validated, then taken away by the host */
#define FOREIGN	 UINT64_C(0x302000) /* validated, but not by the kernel */
#define VMSA	 UINT64_C(0x400000)
#define AREA	 UINT64_C(0x401000)

static void start(void)
{
	world_vcpus(&one_cpu);
	world_give(GIVEN, 2);
	world_give(GIVEN + PAGE_SIZE, 2);
	world_give(TAKEN, 2);
	fake_take(TAKEN);
	fake_give(VMSA, 0);
	world_set_state(VMSA, PAGE_VMSA);
	fake_give(AREA, 2);
	world_set_state(AREA, PAGE_CAA);
	fake_give(FOREIGN, 2);
	fake_trace.count = 0;
}

struct row {
	const char *name;
	uint64_t at, bytes;
	enum err want;
	bool reaches; /* the architecture is asked */
};

static const struct row rows[] = {
	{ "a byte", GIVEN, 1, ERR_OK, true },
	{ "a page", GIVEN, 4096, ERR_OK, true },
	{ "up to the end of a page", GIVEN + 4088, 8, ERR_OK, true },
	{ "a calling area", AREA, 1, ERR_OK, true },
	{ "nothing", GIVEN, 0, ERR_INVALID, false },
	{ "across a page", GIVEN + 4088, 9, ERR_ADDRESS, false },
	{ "more than a page", GIVEN, 4097, ERR_ADDRESS, false },
	{ "as much as there is", GIVEN, SIZE_MAX, ERR_ADDRESS, false },
	{ "a VMSA", VMSA, 1, ERR_ADDRESS, false },
	{ "a VMSA's last byte", VMSA + 4095, 1, ERR_ADDRESS, false },
	{ "the image map", REGION_BASE_DEFAULT, 1, ERR_ADDRESS, false },
	{ "the region's end", REGION_BASE_DEFAULT + FAKE_REGION_BYTES - 1, 1, ERR_ADDRESS, false },
	{ "behind the region", REGION_BASE_DEFAULT + FAKE_REGION_BYTES, 1, ERR_ADDRESS, false },
	{ "outside of the map", FAKE_GUEST_BYTES, 1, ERR_ADDRESS, false },
	{ "the last byte there is", UINT64_MAX, 1, ERR_ADDRESS, false },
	{ "not validated", UNGIVEN, 8, ERR_ADDRESS, false },
	{ "not validated through the kernel", FOREIGN, 8, ERR_ADDRESS, false },
	{ "taken away", TAKEN, 8, ERR_ADDRESS, true },
};

static void check_row(const struct row *row, bool is_write)
{
	static const uint8_t pattern = 0x5A;
	uint8_t mine[4096], before[4096];
	unsigned int count = fake_trace.count;
	enum err err;

	memset(mine, is_write ? 0xEE : pattern, sizeof(mine));
	memcpy(before, mine, sizeof(mine));
	err = is_write ? guestmem_write(gpa(row->at), mine, row->bytes, 2) :
			 guestmem_read(gpa(row->at), mine, row->bytes, 2);
	CHECK_EQ(err, row->want);
	CHECK_EQ(fake_trace.count - count, row->reaches);
	if (row->want == ERR_OK) {
		CHECK_MEM(mine, fake_at(row->at), row->bytes);
	} else {
		CHECK_MEM(mine, before, sizeof(mine));
	}
}

WORLD_TEST(reads)
{
	start();
	memset(fake_at(GIVEN), 0x31, 2 * PAGE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		check_row(&rows[i], false);
	}
}

WORLD_TEST(writes)
{
	uint8_t image[PAGE_SIZE];

	start();
	memcpy(image, fake_image(), sizeof(image));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		check_row(&rows[i], true);
	}
	ROW("and nothing else changed");
	CHECK_MEM(fake_image(), image, sizeof(image));
	CHECK_EQ(*(const uint8_t *)fake_at(VMSA), 0);
	CHECK_EQ(*(const uint8_t *)fake_at(UNGIVEN), 0);
}

/* The host is quick: it takes the page away between the kernel's check and its copy. */
static void take(const struct fake_event *event)
{
	if (event->op == FAKE_READ || event->op == FAKE_WRITE) {
		fake_trace.hook = NULL;
		fake_take(event->gpa & ~(PAGE_SIZE - 1));
	}
}

WORLD_TEST(taken_between_check_and_use)
{
	uint8_t byte = 7;

	start();
	fake_trace.hook = take;
	CHECK_EQ(guestmem_read(gpa(GIVEN), &byte, 1, 2), ERR_ADDRESS);
	CHECK_EQ(byte, 7);
	fake_trace.hook = take;
	CHECK_EQ(guestmem_write(gpa(GIVEN + PAGE_SIZE), &byte, 1, 2), ERR_ADDRESS);
	CHECK_EQ(*(const uint8_t *)fake_at(GIVEN + PAGE_SIZE), 0);
}

/* A page of each lower VMPL, and who may have the kernel read and write it. */
WORLD_TEST(of_other_vmpls)
{
	uint8_t byte = 0;

	world_vcpus(&one_cpu);
	for (unsigned int owner = 1; owner < VMPL_COUNT; owner++) {
		world_give(GIVEN + owner * PAGE_SIZE, owner);
	}
	for (unsigned int vmpl = 0; vmpl < VMPL_COUNT; vmpl++) {
		for (unsigned int owner = 1; owner < VMPL_COUNT; owner++) {
			gpa_t page = gpa(GIVEN + owner * PAGE_SIZE);
			enum err want = owner >= vmpl ? ERR_OK : ERR_ADDRESS;

			CHECK_EQ(guestmem_read(page, &byte, 1, vmpl), want);
			CHECK_EQ(guestmem_write(page, &byte, 1, vmpl), want);
		}
	}
}

UNIT_MAIN(CASE(reads), CASE(writes), CASE(taken_between_check_and_use), CASE(of_other_vmpls))
