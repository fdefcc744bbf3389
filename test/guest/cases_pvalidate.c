/* PVALIDATE: lists in every bad form, pages in every state, and what the guest sees of them. */
#include "bad.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "ghcb.h"
#include "layout.h"
#include "svsm.h"
#include "trap.h"

#define PVALIDATE SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_PVALIDATE)

#define P(n)	   (RAM_4K + (n)*PAGE_SIZE)
#define SET(gpa)   ((gpa) | SVSM_PVALIDATE_VALIDATE)
#define DROP(gpa)  (gpa)
#define ANYWAY	   SVSM_PVALIDATE_IGNORE_CF
#define BIG(n)	   ((RAM_2M + (n)*PAGE_2M_SIZE) | SVSM_PVALIDATE_2M)
#define PAGES_USED 32
#define LIST_MAX   3
#define END(n)	   (PAGE_SIZE - 8 - 8 * (n)) /* where a list of n ends with the page */

/* Run in this order: what a case leaves is what the next finds. */
static const struct list_case {
	const char *name;
	uint16_t offset; /* of the list in its page */
	struct svsm_list header;
	uint64_t entries[LIST_MAX];
	uint32_t want;
	uint16_t want_next;
} list_cases[] = {
	/* clang-format off */
	{ "one page", 0, { 1, 0, 0 }, { SET(P(0)) }, SVSM_SUCCESS, 1 },
	{ "double validation", 0, { 1, 0, 0 }, { SET(P(0)) }, SVSM_ERR_CORE_NO_CHANGE, 0 },
	{ "double validation, CF ignored", 0, { 1, 0, 0 }, { SET(P(0)) | ANYWAY }, SVSM_SUCCESS,
	  1 },
	{ "invalidate", 0, { 1, 0, 0 }, { DROP(P(0)) }, SVSM_SUCCESS, 1 },
	{ "double invalidation", 0, { 1, 0, 0 }, { DROP(P(0)) }, SVSM_ERR_CORE_NO_CHANGE, 0 },
	{ "double invalidation, CF ignored", 0, { 1, 0, 0 }, { DROP(P(0)) | ANYWAY }, SVSM_SUCCESS,
	  1 },
	{ "three pages", 0, { 3, 0, 0 }, { SET(P(0)), SET(P(1)), SET(P(2)) }, SVSM_SUCCESS, 3 },
	{ "a list at its page's end", END(2), { 2, 0, 0 }, { DROP(P(1)), DROP(P(2)) }, SVSM_SUCCESS,
	  2 },
	{ "stops at the failing entry", 0, { 3, 0, 0 }, { SET(P(1)), SET(P(0)), SET(P(2)) },
	  SVSM_ERR_CORE_NO_CHANGE, 1 },
	{ "resumes at next", 0, { 3, 2, 0 }, { SET(P(1)), SET(P(0)), SET(P(2)) }, SVSM_SUCCESS, 3 },
	{ "the same page twice", 0, { 2, 0, 0 }, { SET(P(3)), SET(P(3)) }, SVSM_ERR_CORE_NO_CHANGE,
	  1 },
	{ "there and back", 0, { 2, 0, 0 }, { DROP(P(3)), SET(P(3)) }, SVSM_SUCCESS, 2 },
	{ "low memory is handed back", 0, { 1, 0, 0 }, { SET(0x10000) }, SVSM_SUCCESS, 1 },

	{ "misaligned by 1", 1, { 1, 0, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "misaligned by 2", 2, { 1, 0, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "misaligned by 4", 4, { 1, 0, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "crosses its page", END(1), { 2, 0, 0 }, { SET(P(9)), SET(P(9)) },
	  SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "crosses its page, all in the next", END(0), { 1, 0, 0 }, { SET(P(9)) },
	  SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "512 entries", 0, { 512, 0, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "65535 entries", 0, { 65535, 65534, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER,
	  65534 },
	{ "count 0", 0, { 0, 0, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "next is count", 0, { 1, 1, 0 }, { SET(P(9)) }, SVSM_ERR_INVALID_PARAMETER, 1 },
	{ "next beyond count", 0, { 1, 2, 0 }, { SET(P(9)), SET(P(9)), SET(P(9)) },
	  SVSM_ERR_INVALID_PARAMETER, 2 },
	{ "header reserved, ignored", 0, { 1, 0, UINT32_MAX }, { SET(P(9)) | 2 },
	  SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "entry bit 4", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(4) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 5", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(5) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 6", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(6) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 7", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(7) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 8", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(8) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 9", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(9) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 10", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(10) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "entry bit 11", 0, { 1, 0, 0 }, { SET(P(9)) | BIT(11) }, SVSM_ERR_INVALID_FORMAT, 0 },
	{ "page size 2", 0, { 1, 0, 0 }, { SET(P(9)) | 2 }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "page size 3", 0, { 1, 0, 0 }, { SET(P(9)) | 3 }, SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "2M misaligned by 4K", 0, { 1, 0, 0 }, { SET(BIG(0)) + PAGE_SIZE },
	  SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "2M misaligned by 1M", 0, { 1, 0, 0 }, { SET(BIG(0)) + PAGE_2M_SIZE / 2 },
	  SVSM_ERR_INVALID_PARAMETER, 0 },
	{ "malformed after good ones", 0, { 3, 0, 0 }, { SET(P(4)), SET(P(5)), SET(P(6)) | BIT(8) },
	  SVSM_ERR_INVALID_FORMAT, 2 },
	{ "good ones before it are done", 0, { 2, 0, 0 }, { DROP(P(4)), DROP(P(5)) }, SVSM_SUCCESS,
	  2 },
	{ "malformed before next", 0, { 2, 1, 0 }, { BIT(8), SET(P(4)) }, SVSM_SUCCESS, 2 },
	{ "refused ones did nothing", 0, { 1, 0, 0 }, { SET(P(9)) }, SVSM_SUCCESS, 1 },

	{ "calling area", 0, { 1, 0, 0 }, { DROP(CAA_GPA) }, SVSM_ERR_INVALID_ADDRESS, 0 },
	{ "calling area, CF ignored", 0, { 1, 0, 0 }, { SET(CAA_GPA) | ANYWAY },
	  SVSM_ERR_INVALID_ADDRESS, 0 },
	{ "calling area in a large page", 0, { 1, 0, 0 }, { TABLES_GPA | SVSM_PVALIDATE_2M },
	  SVSM_ERR_INVALID_ADDRESS, 0 },
	{ "its secrets page, validated before", 0, { 1, 0, 0 }, { SET(SECRETS_GPA) },
	  SVSM_ERR_CORE_NO_CHANGE, 0 },
	{ "its firmware, validated before", 0, { 1, 0, 0 }, { SET(0xfffff000) },
	  SVSM_ERR_CORE_NO_CHANGE, 0 },

	{ "large page", 0, { 1, 0, 0 }, { SET(BIG(0)) }, SVSM_SUCCESS, 1 },
	{ "large page twice", 0, { 1, 0, 0 }, { SET(BIG(0)) }, SVSM_ERR_CORE_NO_CHANGE, 0 },
	{ "large page, invalidate", 0, { 1, 0, 0 }, { BIG(0) }, SVSM_SUCCESS, 1 },
	{ "large page, validate again", 0, { 1, 0, 0 }, { SET(BIG(0)) }, SVSM_SUCCESS, 1 },
	{ "4K inside a large page", 0, { 1, 0, 0 }, { DROP(RAM_2M + 5 * PAGE_SIZE) }, SVSM_SUCCESS,
	  1 },
	{ "2M over a split page, invalidate", 0, { 1, 0, 0 }, { BIG(0) },
	  SVSM_ERR_CORE_SIZE_MISMATCH, 0 },
	{ "4K of another large page", 0, { 1, 0, 0 }, { SET(RAM_2M + PAGE_2M_SIZE) }, SVSM_SUCCESS,
	  1 },
	{ "2M over a split page", 0, { 3, 0, 0 }, { SET(P(20)), SET(BIG(1)), SET(P(21)) },
	  SVSM_ERR_CORE_SIZE_MISMATCH, 1 },
	{ "2M skipped, the rest resumed", 0, { 3, 2, 0 }, { SET(P(20)), SET(BIG(1)), SET(P(21)) },
	  SVSM_SUCCESS, 3 },
	/* clang-format on */
};

/* The list's page, and one more that lists may run into. */
static uint8_t pages[2 * PAGE_SIZE] ALIGNED(4096);
static uint8_t before[2 * PAGE_SIZE];

static uint32_t call_list(uint64_t gpa)
{
	struct client_call call = {.rax = PVALIDATE, .rcx = gpa};

	return (uint32_t)svsm_call(&call);
}

/* Result, and next in the upper half: one number that says all. */
static uint64_t outcome(uint32_t result, uint16_t next)
{
	return ((uint64_t)next << 32) | result;
}

static void check_list(const struct list_case *c)
{
	uint8_t *list = pages + c->offset;
	uint32_t result;
	uint16_t next;

	memset(pages, 0, sizeof(pages));
	memcpy(list, &c->header, sizeof(c->header));
	memcpy(list + sizeof(c->header), c->entries, sizeof(c->entries));
	memcpy(before, pages, sizeof(before));
	result = call_list((uintptr_t)list);
	memcpy(&next, list + offsetof(struct svsm_list, next), sizeof(next));
	memcpy(before + c->offset + offsetof(struct svsm_list, next), &next, sizeof(next));
	if (memcmp(before, pages, sizeof(before)) != 0) {
		check_true(c->name, false);
		return;
	}
	check_equal(c->name, outcome(result, next), outcome(c->want, c->want_next));
}

static void check_bad_entries(void)
{
	const struct bad_address *bad;
	unsigned int count = bad_addresses(&bad);

	for (unsigned int i = 0; i < count; i++) {
		uint64_t large = align_down(bad[i].gpa, PAGE_2M_SIZE) | SVSM_PVALIDATE_2M;

		check_subject("PVALIDATE, validate: ");
		check_equal(bad[i].name, svsm_pvalidate(SET(bad[i].gpa)), SVSM_ERR_INVALID_ADDRESS);
		check_subject("PVALIDATE, invalidate: ");
		check_equal(bad[i].name, svsm_pvalidate(DROP(bad[i].gpa)),
			    SVSM_ERR_INVALID_ADDRESS);
		check_subject("PVALIDATE, CF ignored: ");
		check_equal(bad[i].name, svsm_pvalidate(SET(bad[i].gpa) | ANYWAY),
			    SVSM_ERR_INVALID_ADDRESS);
		check_subject("PVALIDATE, 2M: ");
		check_equal(bad[i].name, svsm_pvalidate(SET(large)), SVSM_ERR_INVALID_ADDRESS);
		check_subject("PVALIDATE, list in: ");
		check_equal(bad[i].name, call_list(bad[i].gpa), SVSM_ERR_INVALID_ADDRESS);
	}
	check_subject("PVALIDATE, list in: ");
	check_equal("a page that is not validated", call_list(P(30)), SVSM_ERR_INVALID_ADDRESS);
	check_equal("the last word of all", call_list(UINT64_MAX - 7), SVSM_ERR_INVALID_ADDRESS);
}

static uint64_t read_word(uint64_t gpa)
{
	return *(const volatile uint64_t *)gpa;
}

static void write_word(uint64_t gpa, uint64_t value)
{
	*(volatile uint64_t *)gpa = value;
}

/* Memory comes zeroed, and goes for good. */
static void check_contents(void)
{
	uint64_t page = P(24);
	uint64_t last = page + PAGE_SIZE - sizeof(uint64_t);
	uint64_t value = 0;

	check_subject("PVALIDATE, memory: ");
	svsm_accept(page);
	write_word(page, UINT64_MAX);
	write_word(last, UINT64_MAX);
	check_equal("can be written", read_word(last), UINT64_MAX);
	check_equal("invalidated", svsm_pvalidate(DROP(page)), SVSM_SUCCESS);
	check_equal("faults then", trap_probe(page, &value), TRAP_PROBE_VC(EXIT_NOT_VALIDATED));
	check_equal("validated again", svsm_pvalidate(SET(page)), SVSM_SUCCESS);
	check_equal("is zero then", read_word(page) | read_word(last), 0);
	check_equal("a large page is zero",
		    read_word(RAM_2M) | read_word(RAM_2M + PAGE_2M_SIZE - 8), 0);
}

/* The list of a call may lie in a page that the call takes away: refused, and nothing breaks. */
static void check_own_page(void)
{
	uint64_t page = P(25);
	const struct svsm_list header = {.count = 1};
	uint64_t entry = DROP(page);

	svsm_accept(page);
	memcpy((void *)(uintptr_t)page, &header, sizeof(header));
	memcpy((void *)(uintptr_t)(page + sizeof(header)), &entry, sizeof(entry));
	check_equal("a list that takes its own page", call_list(page), SVSM_ERR_INVALID_ADDRESS);
}

static void check_longest(uint64_t action, const char *name)
{
	struct svsm_list header = {.count = SVSM_LIST_MAX_ENTRIES};
	uint32_t result;

	memcpy(pages, &header, sizeof(header));
	for (uint64_t i = 0; i < SVSM_LIST_MAX_ENTRIES; i++) {
		uint64_t entry = (RAM_LONG + i * PAGE_SIZE) | action;

		memcpy(pages + sizeof(header) + i * sizeof(entry), &entry, sizeof(entry));
	}
	result = call_list((uintptr_t)pages);
	memcpy(&header, pages, sizeof(header));
	check_equal(name, outcome(result, header.next),
		    outcome(SVSM_SUCCESS, SVSM_LIST_MAX_ENTRIES));
}

/* The host is told before, as it has to be on a host that starts with shared memory. */
static void prepare(void)
{
	bool done = ghcb_page_state(RAM_2M, true, true) &&
		    ghcb_page_state(RAM_2M + PAGE_2M_SIZE, true, true) &&
		    ghcb_page_state(RAM_LONG, true, true);

	for (uint64_t i = 0; i < PAGES_USED; i++) {
		done = done && ghcb_page_state(P(i), false, true);
	}
	check_true("host: pages made private", done);
}

void cases_pvalidate(void)
{
	check_subject("");
	prepare();
	check_subject("PVALIDATE: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(list_cases); i++) {
		check_list(&list_cases[i]);
	}
	check_bad_entries();
	check_contents();
	check_own_page();
	check_subject("PVALIDATE: ");
	check_longest(SVSM_PVALIDATE_VALIDATE, "511 pages");
	check_longest(0, "511 pages, invalidate");
}
