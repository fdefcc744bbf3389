/* DEPOSIT_MEM and WITHDRAW_MEM over the posix back end; core_pvalidate_test.c has the list walk. */
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
#define MARK	    0xEE
#define NOT_ASKED   UINT64_C(0xFFFF)

static struct rt_answer kernel_answer;
static struct posix_syscall asked;
static bool was_asked;
static uint32_t kernel_gives; /* gPAs that a withdrawal writes */

static uint8_t guest[GUEST_BYTES];
static struct msg_buffer buffer;

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	(void)context;
	asked = *call;
	was_asked = true;
	for (uint64_t i = 0; call->number == SYS_WITHDRAW && i < kernel_gives; i++) {
		uint64_t gpa = 0x7000 + i * PAGE_SIZE;

		memcpy((uint8_t *)&buffer + call->a + i * sizeof(gpa), &gpa, sizeof(gpa));
	}
	return kernel_answer;
}

static struct posix_world world = {
	.guest_base = GUEST_BASE,
	.guest_bytes = GUEST_BYTES,
	.guest = guest,
	.buffer = &buffer,
	.answer = answer,
};

static uint32_t serve(uint32_t call, uint64_t rcx)
{
	memset(&buffer, 0xA5, sizeof(buffer));
	memset(&buffer.request, 0, sizeof(buffer.request));
	buffer.request.version = MSG_VERSION;
	buffer.request.call = call;
	buffer.request.rcx = rcx;
	was_asked = false;
	posix_serve(&world);
	return buffer.reply.result;
}

static const struct {
	const char *name;
	uint64_t entry;
	struct rt_answer kernel;
	uint32_t result;
	bool is_asked;
} deposits[] = {
	/* clang-format off */
	{ "4K", 0x7000, { ERR_OK, 1 }, SVSM_SUCCESS, true },
	{ "2M", 0x400001, { ERR_OK, 1 }, SVSM_SUCCESS, true },
	{ "2M misaligned", 0x401001, { ERR_OK, 1 }, SVSM_ERR_INVALID_PARAMETER, false },
	{ "size 2", 0x7002, { ERR_OK, 1 }, SVSM_ERR_INVALID_PARAMETER, false },
	{ "size 3", 0x7003, { ERR_OK, 1 }, SVSM_ERR_INVALID_PARAMETER, false },
	{ "reserved bit 2", 0x7004, { ERR_OK, 1 }, SVSM_ERR_INVALID_FORMAT, false },
	{ "reserved bit 11", 0x7800, { ERR_OK, 1 }, SVSM_ERR_INVALID_FORMAT, false },
	{ "not the guest's", 0x7000, { ERR_ADDRESS, 0 }, SVSM_ERR_INVALID_ADDRESS, true },
	{ "no room for more", 0x7000, { ERR_NOMEM, 0 }, SVSM_NEEDS_MEMORY | 1, true },
	{ "RMP code 6", 0x7000, { ERR_FAULT, UINT64_C(6) << 32 }, 0x80001006, true },
	/* clang-format on */
};

TEST(deposit)
{
	const struct svsm_list one = {.count = 1};

	for (size_t i = 0; i < ARRAY_SIZE(deposits); i++) {
		uint16_t next;

		ROW(deposits[i].name);
		memset(guest, 0, sizeof(guest));
		memcpy(guest, &one, sizeof(one));
		memcpy(guest + sizeof(one), &deposits[i].entry, sizeof(uint64_t));
		kernel_answer = deposits[i].kernel;
		CHECK_EQ(serve(SVSM_CORE_DEPOSIT_MEM, GUEST_BASE), deposits[i].result);
		CHECK_EQ(was_asked, deposits[i].is_asked);
		CHECK(!was_asked || asked.number == SYS_DEPOSIT);
		memcpy(&next, guest + 2, sizeof(next));
		CHECK_EQ(next, deposits[i].result == SVSM_SUCCESS);
	}
}

static const struct {
	const char *name;
	uint64_t gpa;
	uint32_t gives;
	struct rt_answer kernel;
	uint32_t result;
	uint64_t room; /* that the kernel is told; NOT_ASKED: no such call */
	uint64_t written; /* bytes of the buffer */
} withdrawals[] = {
	/* clang-format off */
	{ "whole page", GUEST_BASE, 2, { ERR_OK, 2 }, SVSM_SUCCESS, 511, 24 },
	{ "nothing there", GUEST_BASE, 0, { ERR_OK, 0 }, SVSM_SUCCESS, 511, 8 },
	{ "page's end, room for one", GUEST_BASE + 0xFF0, 1, { ERR_OK, 1 }, SVSM_SUCCESS, 1, 16 },
	{ "page's end, no room", GUEST_BASE + 0xFF8, 1, { ERR_OK, 1 }, SVSM_ERR_INVALID_PARAMETER,
	  NOT_ASKED, 0 },
	{ "misaligned by 4", GUEST_BASE + 4, 1, { ERR_OK, 1 }, SVSM_ERR_INVALID_PARAMETER,
	  NOT_ASKED, 0 },
	{ "misaligned by 1", GUEST_BASE + 1, 1, { ERR_OK, 1 }, SVSM_ERR_INVALID_PARAMETER,
	  NOT_ASKED, 0 },
	{ "not the guest's", 0x5000, 1, { ERR_OK, 1 }, SVSM_ERR_INVALID_ADDRESS, NOT_ASKED, 0 },
	{ "kernel refuses", GUEST_BASE, 0, { ERR_DENIED, 0 }, SVSM_ERR_INVALID_REQUEST, 511, 8 },
	/* clang-format on */
};

TEST(withdraw)
{
	for (size_t i = 0; i < ARRAY_SIZE(withdrawals); i++) {
		uint64_t at = withdrawals[i].gpa - GUEST_BASE;
		uint64_t written = withdrawals[i].written;
		uint16_t count = 0;

		ROW(withdrawals[i].name);
		memset(guest, MARK, sizeof(guest));
		kernel_answer = withdrawals[i].kernel;
		kernel_gives = withdrawals[i].gives;
		CHECK_EQ(serve(SVSM_CORE_WITHDRAW_MEM, withdrawals[i].gpa), withdrawals[i].result);
		CHECK_EQ(was_asked ? asked.b : NOT_ASKED, withdrawals[i].room);
		if (written == 0) {
			CHECK(at >= GUEST_BYTES || guest[at] == MARK);
			continue;
		}
		memcpy(&count, guest + at, sizeof(count));
		CHECK_EQ(count, withdrawals[i].gives);
		CHECK_EQ(guest[at + 2], 0);
		CHECK(written == 8 || guest[at + 9] == 0x70);
		CHECK_EQ(guest[at + written], MARK);
	}
}

TEST(withdraw_read_only)
{
	kernel_answer = (struct rt_answer){ERR_OK, 0};
	world.read_only_gpa = GUEST_BASE;
	CHECK_EQ(serve(SVSM_CORE_WITHDRAW_MEM, GUEST_BASE), SVSM_ERR_INVALID_ADDRESS);
	CHECK(!was_asked);
	world.read_only_gpa = 0;
}

UNIT_MAIN(CASE(deposit), CASE(withdraw), CASE(withdraw_read_only))
