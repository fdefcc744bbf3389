/* Page state change lists: order, progress, every refusal. */
#include "psc.h"

#include "base/bits.h"
#include "unit.h"

#define ENTRY(gfn, operation)	 (((uint64_t)(gfn) << 12) | ((uint64_t)(operation) << 52))
#define ENTRY_2M(gfn, operation) (ENTRY(gfn, operation) | PSC_2M)

static struct psc list;

static void start(uint16_t cur, uint16_t end)
{
	memset(&list, 0, sizeof(list));
	list.header.cur_entry = cur;
	list.header.end_entry = end;
}

TEST(walks_in_order)
{
	struct psc_step step;

	start(0, 2);
	list.entries[0] = ENTRY(0x80, PSC_OP_SHARED);
	list.entries[1] = ENTRY_2M(0x200, PSC_OP_PRIVATE);
	list.entries[2] = ENTRY(0x81, PSC_OP_PSMASH);
	CHECK_EQ(psc_next(&list, sizeof(list), &step), 0);
	CHECK_EQ(step.gpa, 0x80000);
	CHECK_EQ(step.operation, PSC_OP_SHARED);
	CHECK_EQ(step.size, RMP_4K);
	psc_advance(&list, &step);
	CHECK_EQ(list.header.cur_entry, 1);
	CHECK_EQ(psc_next(&list, sizeof(list), &step), 0);
	CHECK_EQ(step.gpa, 0x200000);
	CHECK_EQ(step.size, RMP_2M);
	psc_advance(&list, &step);
	CHECK_EQ(list.entries[1] & PSC_PAGE_MASK, PAGES_PER_2M);
	CHECK_EQ(psc_next(&list, sizeof(list), &step), 0);
	CHECK_EQ(step.operation, PSC_OP_PSMASH);
	psc_advance(&list, &step);
	CHECK_EQ(psc_next(&list, sizeof(list), &step), 0);
	CHECK_EQ(step.operation, 0);
	CHECK_EQ(list.header.cur_entry, 3);
}

TEST(goes_on_inside_a_2m_entry)
{
	struct psc_step step;

	start(0, 0);
	list.entries[0] = ENTRY_2M(0x200, PSC_OP_SHARED) | 510;
	CHECK_EQ(psc_next(&list, sizeof(list), &step), 0);
	CHECK_EQ(step.gpa, 0x200000 + 510 * PAGE_SIZE);
	CHECK_EQ(step.size, RMP_4K);
	psc_advance(&list, &step);
	CHECK_EQ(list.header.cur_entry, 0);
	CHECK_EQ(psc_next(&list, sizeof(list), &step), 0);
	psc_advance(&list, &step);
	CHECK_EQ(list.header.cur_entry, 1);
}

TEST(refuses)
{
	static const struct {
		const char *name;
		uint16_t end;
		uint32_t bytes;
		uint64_t entry;
		uint64_t want;
	} rows[] = {
		{"end beyond the list", 253, sizeof(struct psc), ENTRY(1, 1),
		 PSC_ERROR_INVALID_HEADER},
		{"end beyond the buffer", 4, 40, ENTRY(1, 1), PSC_ERROR_INVALID_HEADER},
		{"end at the buffer's end", 3, 40, ENTRY(1, 1), 0},
		{"no operation", 0, sizeof(struct psc), ENTRY(1, 0), PSC_ERROR_INVALID_ENTRY},
		{"unknown operation", 0, sizeof(struct psc), ENTRY(1, 5), PSC_ERROR_INVALID_ENTRY},
		{"reserved bit 57", 0, sizeof(struct psc), ENTRY(1, 1) | BIT(57),
		 PSC_ERROR_INVALID_ENTRY},
		{"2M misaligned", 0, sizeof(struct psc), ENTRY_2M(0x201, 1),
		 PSC_ERROR_INVALID_ENTRY},
		{"4K with a current page", 0, sizeof(struct psc), ENTRY(1, 1) | 1,
		 PSC_ERROR_INVALID_ENTRY},
		{"2M with all pages done", 0, sizeof(struct psc), ENTRY_2M(0x200, 1) | 512,
		 PSC_ERROR_INVALID_ENTRY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct psc_step step;

		ROW(rows[i].name);
		start(0, rows[i].end);
		list.entries[0] = rows[i].entry;
		CHECK_EQ(psc_next(&list, rows[i].bytes, &step), rows[i].want);
		CHECK_EQ(step.operation, rows[i].want == 0 ? 1 : 0);
	}
}

UNIT_MAIN(CASE(walks_in_order), CASE(goes_on_inside_a_2m_entry), CASE(refuses))
