/*
 * Fuzz target: the core service; guest memory, registers and the kernel's answers are the input's.
 * It is right if the kernel is only ever asked for what is well formed, nothing of the guest's
 * memory changes but a list's `next` and the buffer of WITHDRAW_MEM, and refusals set no register.
 */
#include "fuzz.h"

#include <string.h>

#include "base/bits.h"
#include "base/overflow.h"
#include "rt/posix/posix.h"
#include "rt/service.h"
#include "svsm/core.h"
#include "svsm/protocol.h"

#define GUEST_BASE  UINT64_C(0x100000)
#define GUEST_BYTES (2 * PAGE_SIZE)

/* The head of the input; the rest is guest memory, from its start. */
struct input {
	uint8_t call;
	uint8_t is_raw; /* rcx is taken as it is, else as an offset into guest memory */
	uint8_t err;
	uint8_t rmp_code;
	uint16_t done;
	uint16_t pad;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t r8;
};

static struct input input;
static uint8_t guest[GUEST_BYTES];
static uint8_t before[GUEST_BYTES];
static struct msg_buffer buffer;

static void check_entry(uint64_t entry, uint64_t reserved)
{
	FUZZ_CHECK((entry & 3) < 2 && (entry & reserved) == 0);
	FUZZ_CHECK((entry & 3) == 0 || (entry & 0x1FF000) == 0);
}

static struct rt_answer answer_batch(const struct posix_syscall *call, uint64_t reserved)
{
	FUZZ_CHECK(call->b >= 1 && call->b <= SVSM_LIST_MAX_ENTRIES && call->c < call->b);
	FUZZ_CHECK(call->a % 8 == 0 && call->a >= SERVICE_SCRATCH);
	FUZZ_CHECK(call->a + call->b * 8 <= sizeof(struct msg_buffer));
	for (uint64_t i = call->c; i < call->b; i++) {
		uint64_t entry;

		memcpy(&entry, (const uint8_t *)&buffer + call->a + i * 8, sizeof(entry));
		check_entry(entry, reserved);
	}
	return (struct rt_answer){input.err % ERR_COUNT,
				  input.done | (uint64_t)input.rmp_code << 32};
}

/* Gives as many pages as the input says, never more than there is room for. */
static struct rt_answer answer_withdraw(const struct posix_syscall *call)
{
	uint64_t count;

	FUZZ_CHECK(call->b >= 1 && call->b <= SVSM_LIST_MAX_ENTRIES && call->a % 8 == 0);
	FUZZ_CHECK(call->a >= SERVICE_SCRATCH + sizeof(uint64_t));
	FUZZ_CHECK(call->a + call->b * 8 <= sizeof(struct msg_buffer));
	count = input.done % (call->b + 1);
	memset((uint8_t *)&buffer + call->a, 0x5A, count * 8);
	return (struct rt_answer){input.err % ERR_COUNT, count};
}

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	(void)context;
	switch ((unsigned int)call->number) {
	case SYS_PAGE_STATE:
		return answer_batch(call, SVSM_PVALIDATE_RESERVED);
	case SYS_DEPOSIT:
		return answer_batch(call, SVSM_DEPOSIT_RESERVED);
	case SYS_WITHDRAW:
		return answer_withdraw(call);
	case SYS_VCPU_CREATE:
		FUZZ_CHECK(call->a % PAGE_SIZE == 0 && call->b % PAGE_SIZE == 0);
		FUZZ_CHECK(call->a != call->b && call->c <= UINT32_MAX);
		break;
	case SYS_VCPU_DELETE:
	case SYS_REMAP_CA:
		FUZZ_CHECK(call->a % PAGE_SIZE == 0);
		break;
	default:
		FUZZ_CHECK(call->number == SYS_PROTOCOL && call->a <= UINT32_MAX);
		break;
	}
	return (struct rt_answer){input.err % ERR_COUNT, input.rdx};
}

static struct posix_world world = {
	.guest_base = GUEST_BASE,
	.guest_bytes = GUEST_BYTES,
	.guest = guest,
	.buffer = &buffer,
	.answer = answer,
};

static void check_reply(uint64_t rcx)
{
	const struct msg_header *reply = &buffer.reply;

	FUZZ_CHECK(reply->version == MSG_VERSION && reply->payload_bytes == 0);
	FUZZ_CHECK((reply->flags & ~MSG_SET_RCX) == 0);
	FUZZ_CHECK(reply->result == SVSM_SUCCESS || reply->flags == 0);
	/* Lists get their `next` back, WITHDRAW_MEM fills its buffer; nothing else is written. */
	if ((input.call == SVSM_CORE_PVALIDATE || input.call == SVSM_CORE_DEPOSIT_MEM) &&
	    range_within(rcx, 4, GUEST_BASE, GUEST_BYTES)) {
		memcpy(before + (rcx - GUEST_BASE) + 2, guest + (rcx - GUEST_BASE) + 2, 2);
	}
	if (input.call == SVSM_CORE_WITHDRAW_MEM && range_within(rcx, 1, GUEST_BASE, GUEST_BYTES)) {
		memcpy(before + (rcx - GUEST_BASE), guest + (rcx - GUEST_BASE),
		       PAGE_SIZE - rcx % PAGE_SIZE);
	}
	FUZZ_CHECK(memcmp(before, guest, sizeof(guest)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	size_t rest;
	uint64_t rcx;

	if (bytes < sizeof(input)) {
		return 0;
	}
	memcpy(&input, data, sizeof(input));
	rest = bytes - sizeof(input);
	memset(guest, 0, sizeof(guest));
	memcpy(guest, data + sizeof(input), rest < sizeof(guest) ? rest : sizeof(guest));
	memcpy(before, guest, sizeof(before));
	rcx = input.is_raw % 2 == 1 ? input.rcx : GUEST_BASE + input.rcx % GUEST_BYTES;
	memset(&buffer, 0, sizeof(buffer));
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .call = input.call,
					     .vmpl = 2,
					     .rcx = rcx,
					     .rdx = input.rdx,
					     .r8 = input.r8};
	posix_serve(&world);
	check_reply(rcx);
	return 0;
}
