/* The example service over the posix back end; also the example of how a service is tested. */
#include "svsm/hello.h"

#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "rt/posix/posix.h"
#include "svsm/protocol.h"
#include "unit.h"

#define GUEST_BASE UINT64_C(0x100000)

static uint8_t guest[PAGE_SIZE];
static struct msg_buffer buffer;
static struct posix_world world = {
	.guest_base = GUEST_BASE, .guest_bytes = sizeof(guest), .guest = guest, .buffer = &buffer};

static const struct row {
	const char *name;
	uint32_t call;
	uint64_t rcx;
	uint64_t rdx;
	uint32_t result;
	uint32_t flags;
	uint64_t out; /* of the register that is set */
} rows[] = {
	/* clang-format off */
	{ "adds", HELLO_ADD, 40, 2, SVSM_SUCCESS, MSG_SET_RCX, 42 },
	{ "adds up to the top", HELLO_ADD, UINT64_MAX - 1, 1, SVSM_SUCCESS, MSG_SET_RCX,
	  UINT64_MAX },
	{ "sum does not fit", HELLO_ADD, UINT64_MAX, 1, SVSM_ERR_INVALID_PARAMETER, 0, 0 },
	{ "greets", HELLO_GREET, GUEST_BASE, 100, SVSM_SUCCESS, MSG_SET_RDX, 31 },
	{ "greets, buffer just long enough", HELLO_GREET, GUEST_BASE + PAGE_SIZE - 31, 31,
	  SVSM_SUCCESS, MSG_SET_RDX, 31 },
	{ "buffer too small", HELLO_GREET, GUEST_BASE, 30, SVSM_ERR_INVALID_PARAMETER, 0, 0 },
	{ "buffer of nothing", HELLO_GREET, GUEST_BASE, 0, SVSM_ERR_INVALID_PARAMETER, 0, 0 },
	{ "buffer crosses its page", HELLO_GREET, GUEST_BASE + PAGE_SIZE - 31, 32,
	  SVSM_ERR_INVALID_PARAMETER, 0, 0 },
	{ "buffer of everything", HELLO_GREET, GUEST_BASE, UINT64_MAX, SVSM_ERR_INVALID_PARAMETER,
	  0, 0 },
	{ "buffer that is not there", HELLO_GREET, 0x5000, 100, SVSM_ERR_INVALID_ADDRESS, 0, 0 },
	{ "unknown call", 2, 0, 0, SVSM_ERR_UNSUPPORTED_CALL, 0, 0 },
	/* clang-format on */
};

static void serve(const struct row *row)
{
	memset(&buffer, 0, sizeof(buffer));
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .protocol = HELLO_PROTOCOL,
					     .call = row->call,
					     .vmpl = 2,
					     .rcx = row->rcx,
					     .rdx = row->rdx};
	posix_serve(&world);
}

TEST(calls)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		serve(&rows[i]);
		CHECK_EQ(buffer.reply.result, rows[i].result);
		CHECK_EQ(buffer.reply.flags, rows[i].flags);
		CHECK_EQ(rows[i].call == HELLO_ADD ? buffer.reply.rcx : buffer.reply.rdx,
			 rows[i].out);
	}
}

TEST(greeting)
{
	static const char want[] = "Hello from the SVSM, dear VMPL2";

	memset(guest, '.', sizeof(guest));
	serve(&rows[3]);
	CHECK_MEM(guest, want, sizeof(want) - 1);
	CHECK_EQ(guest[sizeof(want) - 1], '.');
}

UNIT_MAIN(CASE(calls), CASE(greeting))
