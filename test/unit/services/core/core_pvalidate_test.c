/* PVALIDATE over the posix back end: lists, good and bad, and every answer the kernel may give. */
#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "core/core.h"
#include "rt/posix/posix.h"
#include "rt/service.h"
#include "svsm/core.h"
#include "svsm/protocol.h"
#include "unit.h"

#define GUEST_BASE  UINT64_C(0x100000)
#define GUEST_BYTES (2 * PAGE_SIZE)
#define OUTSIDE	    UINT64_C(0x900000)
#define NOT_ASKED   UINT64_C(0xFFFF)
#define MAX_ENTRIES 4

#define VALID4K(gpa)	     ((gpa) | SVSM_PVALIDATE_VALIDATE)
#define VALID2M(gpa)	     ((gpa) | SVSM_PVALIDATE_2M | SVSM_PVALIDATE_VALIDATE)
#define GOOD		     VALID4K(0x7000)
#define PROGRESS(done, code) (((uint64_t)(code) << 32) | (done))

struct list_case {
	const char *name;
	uint64_t gpa;
	struct svsm_list header;
	uint64_t entries[MAX_ENTRIES];
	struct rt_answer kernel;
	uint32_t result;
	uint16_t next; /* in the guest's list, after */
	uint64_t asked_end; /* of SYS_PAGE_STATE; NOT_ASKED: no such call */
};

#define LAST(n) (GUEST_BASE + PAGE_SIZE - 8 - 8 * (n))
#define OK(n)                                                                                      \
	{                                                                                          \
		ERR_OK, PROGRESS(n, 0)                                                             \
	}

static const struct list_case list_cases[] = {
	/* clang-format off */
	{ "one entry", GUEST_BASE, { 1, 0, 0 }, { GOOD }, OK(1), SVSM_SUCCESS, 1, 1 },
	{ "one 2M entry", GUEST_BASE, { 1, 0, 0 }, { VALID2M(0x400000) }, OK(1), SVSM_SUCCESS, 1,
	  1 },
	{ "invalidate, ignoring CF", GUEST_BASE, { 1, 0, 0 }, { 0x7000 | SVSM_PVALIDATE_IGNORE_CF },
	  OK(1), SVSM_SUCCESS, 1, 1 },
	{ "three entries", GUEST_BASE, { 3, 0, 0 }, { GOOD, GOOD, GOOD }, OK(3), SVSM_SUCCESS, 3,
	  3 },
	{ "from next on", GUEST_BASE, { 3, 2, 0 }, { 0xFFF, 0xFFF, GOOD }, OK(3), SVSM_SUCCESS, 3,
	  3 },
	{ "up to the page's end", LAST(2), { 2, 0, 0 }, { GOOD, GOOD }, OK(2), SVSM_SUCCESS, 2, 2 },

	{ "misaligned by 4", GUEST_BASE + 4, { 1, 0, 0 }, { GOOD }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "misaligned by 1", GUEST_BASE + 1, { 1, 0, 0 }, { GOOD }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "count 0", GUEST_BASE, { 0, 0, 0 }, { GOOD }, OK(0), SVSM_ERR_INVALID_PARAMETER, 0,
	  NOT_ASKED },
	{ "next is count", GUEST_BASE, { 2, 2, 0 }, { GOOD, GOOD }, OK(2),
	  SVSM_ERR_INVALID_PARAMETER, 2, NOT_ASKED },
	{ "next beyond count", GUEST_BASE, { 2, 9, 0 }, { GOOD, GOOD }, OK(2),
	  SVSM_ERR_INVALID_PARAMETER, 9, NOT_ASKED },
	{ "count 512", GUEST_BASE, { 512, 0, 0 }, { GOOD }, OK(1), SVSM_ERR_INVALID_PARAMETER, 0,
	  NOT_ASKED },
	{ "count 65535", GUEST_BASE, { 65535, 65534, 0 }, { GOOD }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 65534, NOT_ASKED },
	{ "crosses the page by one", LAST(1), { 2, 0, 0 }, { GOOD }, OK(2),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "header alone at page's end", LAST(0), { 1, 0, 0 }, { 0 }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "header reserved bit 0", GUEST_BASE, { 1, 0, 1 }, { GOOD }, OK(1), SVSM_SUCCESS, 1, 1 },
	{ "header reserved, all bits", GUEST_BASE, { 1, 0, UINT32_MAX }, { GOOD }, OK(1),
	  SVSM_SUCCESS, 1, 1 },

	{ "entry reserved bit 4", GUEST_BASE, { 1, 0, 0 }, { GOOD | BIT(4) }, OK(1),
	  SVSM_ERR_INVALID_FORMAT, 0, NOT_ASKED },
	{ "entry reserved bit 11", GUEST_BASE, { 1, 0, 0 }, { GOOD | BIT(11) }, OK(1),
	  SVSM_ERR_INVALID_FORMAT, 0, NOT_ASKED },
	{ "entry size 2", GUEST_BASE, { 1, 0, 0 }, { GOOD | 2 }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "entry size 3", GUEST_BASE, { 1, 0, 0 }, { GOOD | 3 }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "2M entry misaligned", GUEST_BASE, { 1, 0, 0 }, { VALID2M(0x401000) }, OK(1),
	  SVSM_ERR_INVALID_PARAMETER, 0, NOT_ASKED },
	{ "good ones before a bad one", GUEST_BASE, { 3, 0, 0 }, { GOOD, GOOD, GOOD | BIT(7) },
	  OK(2), SVSM_ERR_INVALID_FORMAT, 2, 2 },
	{ "kernel fails before the bad one", GUEST_BASE, { 3, 0, 0 }, { GOOD, GOOD, GOOD | BIT(7) },
	  { ERR_NOCHANGE, PROGRESS(1, 0) }, SVSM_ERR_CORE_NO_CHANGE, 1, 2 },
	{ "bad one before next", GUEST_BASE, { 2, 1, 0 }, { GOOD | BIT(7), GOOD }, OK(2),
	  SVSM_SUCCESS, 2, 2 },

	{ "time is up", GUEST_BASE, { 3, 0, 0 }, { GOOD, GOOD, GOOD },
	  { ERR_AGAIN, PROGRESS(2, 0) }, SVSM_ERR_INCOMPLETE, 2, 3 },
	{ "no change", GUEST_BASE, { 2, 0, 0 }, { GOOD, GOOD }, { ERR_NOCHANGE, PROGRESS(1, 0) },
	  SVSM_ERR_CORE_NO_CHANGE, 1, 2 },
	{ "size mismatch", GUEST_BASE, { 2, 0, 0 }, { VALID2M(0x400000), GOOD },
	  { ERR_FAULT, PROGRESS(0, 6) }, SVSM_ERR_CORE_SIZE_MISMATCH, 0, 2 },
	{ "RMP code 1", GUEST_BASE, { 1, 0, 0 }, { GOOD }, { ERR_FAULT, PROGRESS(0, 1) },
	  0x80001001, 0, 1 },
	{ "RMP code 15", GUEST_BASE, { 1, 0, 0 }, { GOOD }, { ERR_FAULT, PROGRESS(0, 15) },
	  0x8000100F, 0, 1 },
	{ "RMP code 16", GUEST_BASE, { 1, 0, 0 }, { GOOD }, { ERR_FAULT, PROGRESS(0, 16) },
	  SVSM_ERR_CORE_OTHER_FAILURE, 0, 1 },
	{ "RMP code 0", GUEST_BASE, { 1, 0, 0 }, { GOOD }, { ERR_FAULT, PROGRESS(0, 0) },
	  SVSM_ERR_CORE_OTHER_FAILURE, 0, 1 },
	{ "owned by the SVSM", GUEST_BASE, { 2, 1, 0 }, { GOOD, GOOD },
	  { ERR_ADDRESS, PROGRESS(1, 0) }, SVSM_ERR_INVALID_ADDRESS, 1, 2 },
	{ "refused without an index", GUEST_BASE, { 2, 1, 0 }, { GOOD, GOOD }, { ERR_DENIED, 0 },
	  SVSM_ERR_INVALID_REQUEST, 1, 2 },
	/* clang-format on */
};

static struct rt_answer kernel_answer;
static struct posix_syscall asked;
static uint64_t asked_entries[MAX_ENTRIES];

static uint8_t guest[GUEST_BYTES];
static struct msg_buffer buffer;

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	struct msg_buffer *b = context;

	asked = *call;
	if (call->number == SYS_PAGE_STATE && call->b <= MAX_ENTRIES) {
		memcpy(asked_entries, (const uint8_t *)b + call->a, call->b * sizeof(uint64_t));
	}
	return kernel_answer;
}

static struct posix_world world = {
	.guest_base = GUEST_BASE,
	.guest_bytes = GUEST_BYTES,
	.guest = guest,
	.buffer = &buffer,
	.answer = answer,
	.context = &buffer,
};

static uint32_t pvalidate(uint64_t gpa)
{
	memset(&buffer, 0xA5, sizeof(buffer));
	memset(&buffer.request, 0, sizeof(buffer.request));
	buffer.request.version = MSG_VERSION;
	buffer.request.call = SVSM_CORE_PVALIDATE;
	buffer.request.rcx = gpa;
	memset(&asked, 0, sizeof(asked));
	posix_serve(&world);
	return buffer.reply.result;
}

static uint8_t *guest_at(uint64_t gpa)
{
	return guest + (gpa - GUEST_BASE);
}

static void put_list(const struct list_case *c)
{
	size_t room = (size_t)(GUEST_BASE + GUEST_BYTES - c->gpa) - sizeof(c->header);

	memset(guest, 0, sizeof(guest));
	memcpy(guest_at(c->gpa), &c->header, sizeof(c->header));
	memcpy(guest_at(c->gpa) + sizeof(c->header), c->entries,
	       room < sizeof(c->entries) ? room : sizeof(c->entries));
}

static void check_asked(const struct list_case *c)
{
	if (c->asked_end == NOT_ASKED) {
		CHECK_EQ(asked.number, 0);
		return;
	}
	CHECK_EQ(asked.number, SYS_PAGE_STATE);
	CHECK_EQ(asked.b, c->asked_end);
	CHECK_EQ(asked.c, c->header.next);
	for (uint64_t i = c->header.next; i < c->asked_end; i++) {
		CHECK_EQ(asked_entries[i], c->entries[i]);
	}
}

TEST(lists)
{
	for (size_t i = 0; i < ARRAY_SIZE(list_cases); i++) {
		const struct list_case *c = &list_cases[i];
		static uint8_t before[GUEST_BYTES];
		uint16_t next;

		ROW(c->name);
		put_list(c);
		memcpy(before, guest, sizeof(before));
		kernel_answer = c->kernel;
		CHECK_EQ(pvalidate(c->gpa), c->result);
		CHECK_EQ(buffer.reply.flags, 0);
		memcpy(&next, guest_at(c->gpa) + 2, sizeof(next));
		CHECK_EQ(next, c->next);
		check_asked(c);
		/* Nothing but `next` may have changed. */
		memcpy(before + (c->gpa - GUEST_BASE) + 2, &next, sizeof(next));
		CHECK_MEM(guest, before, sizeof(before));
	}
}

TEST(longest_list)
{
	struct svsm_list header = {511, 0, 0};

	ROW("511 entries");
	memset(guest, 0, sizeof(guest));
	memcpy(guest, &header, sizeof(header));
	kernel_answer = (struct rt_answer){ERR_OK, PROGRESS(511, 0)};
	CHECK_EQ(pvalidate(GUEST_BASE), SVSM_SUCCESS);
	CHECK_EQ(asked.b, 511);
	CHECK_EQ(asked.a + 511 * sizeof(uint64_t), SERVICE_SCRATCH + PAGE_SIZE);
}

TEST(addresses)
{
	struct svsm_list header = {1, 0, 0};
	uint64_t entry = GOOD;

	ROW("list outside memory");
	kernel_answer = (struct rt_answer){ERR_OK, PROGRESS(1, 0)};
	CHECK_EQ(pvalidate(OUTSIDE), SVSM_ERR_INVALID_ADDRESS);
	CHECK_EQ(pvalidate(UINT64_C(0xFFFFFFFFFFFFFFF8)), SVSM_ERR_INVALID_ADDRESS);
	CHECK_EQ(pvalidate(0), SVSM_ERR_INVALID_ADDRESS);

	ROW("list that cannot be written back");
	memcpy(guest, &header, sizeof(header));
	memcpy(guest + sizeof(header), &entry, sizeof(entry));
	world.read_only_gpa = GUEST_BASE;
	CHECK_EQ(pvalidate(GUEST_BASE), SVSM_ERR_INVALID_ADDRESS);
	world.read_only_gpa = 0;
	CHECK_EQ(pvalidate(GUEST_BASE), SVSM_SUCCESS);
}

UNIT_MAIN(CASE(lists), CASE(longest_list), CASE(addresses))
