/* The example service over the posix back end; also the example of how a service is tested. */
#include "svsm/hello.h"

#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "lib/cbor.h"
#include "messages.h"
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
	{ "message by registers", HELLO_WELCOME, 0, 0, SVSM_ERR_UNSUPPORTED_CALL, 0, 0 },
	{ "unknown call", 3, 0, 0, SVSM_ERR_UNSUPPORTED_CALL, 0, 0 },
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

static uint32_t send(uint32_t call, const void *payload, size_t bytes)
{
	memset(&buffer, 0, sizeof(buffer));
	memset(buffer.out, 0xEE, sizeof(buffer.out));
	memcpy(buffer.in, payload, bytes);
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .flags = MSG_BY_NAME,
					     .protocol = HELLO_PROTOCOL,
					     .call = call,
					     .vmpl = 2,
					     .payload_bytes = (uint32_t)bytes};
	posix_serve(&world);
	return buffer.reply.result;
}

/* {0: name}, with so many letters. */
static size_t make_request(uint8_t *room, size_t capacity, size_t letters)
{
	struct wrbuf out = wrbuf_over(room, capacity);
	char name[256];

	memset(name, 'n', sizeof(name));
	cbor_put_map(&out, 1);
	cbor_put_uint(&out, HELLO_REQUEST_NAME);
	cbor_put_text(&out, name, letters);
	return out.failed ? 0 : out.at;
}

static const struct {
	const char *name;
	size_t letters;
	uint32_t result;
} name_rows[] = {
	{"no name", 0, SVSM_SUCCESS},
	{"a name", 3, SVSM_SUCCESS},
	{"the longest name", HELLO_NAME_MAX, SVSM_SUCCESS},
	{"a longer name", HELLO_NAME_MAX + 1, SVSM_ERR_INVALID_PARAMETER},
};

TEST(welcomes)
{
	for (size_t i = 0; i < ARRAY_SIZE(name_rows); i++) {
		uint8_t request[256];
		size_t bytes = make_request(request, sizeof(request), name_rows[i].letters);

		ROW(name_rows[i].name);
		CHECK_EQ(send(HELLO_WELCOME, request, bytes), name_rows[i].result);
		if (name_rows[i].result != SVSM_SUCCESS) {
			CHECK_EQ(buffer.reply.payload_bytes, 0);
			continue;
		}
		messages_seen("hello-welcome-request", request, bytes);
		messages_seen("hello-welcome-reply", buffer.out, buffer.reply.payload_bytes);
	}
}

TEST(welcome)
{
	static const uint8_t request[] = {0xA1, 0x00, 0x63, 'A', 'd', 'a'};
	static const char want[] = "\xA2\x00\x78\x1BWelcome, Ada, says the SVSM\x01\x02";

	CHECK_EQ(send(HELLO_WELCOME, request, sizeof(request)), SVSM_SUCCESS);
	CHECK_EQ(buffer.reply.payload_bytes, sizeof(want) - 1);
	CHECK_MEM(buffer.out, want, sizeof(want) - 1);
	CHECK_EQ(buffer.reply.flags, 0);
	for (size_t shorter = 0; shorter < sizeof(request); shorter++) {
		CHECK_EQ(send(HELLO_WELCOME, request, shorter), SVSM_ERR_INVALID_FORMAT);
		CHECK_EQ(buffer.reply.payload_bytes, 0);
	}
}

static const struct {
	const char *name;
	const char *request;
	size_t bytes;
} bad_requests[] = {
	{"nothing", "", 0},
	{"an empty map", "\xA0", 1},
	{"no map", "\x61\x61", 2},
	{"another key", "\xA1\x01\x61\x61", 4},
	{"a key more", "\xA2\x00\x61\x61\x01\x02", 6},
	{"the key twice", "\xA2\x00\x61\x61\x00\x61\x62", 7},
	{"bytes for a name", "\xA1\x00\x41\x61", 4},
	{"a number for a name", "\xA1\x00\x01", 3},
	{"a name that is no UTF-8", "\xA1\x00\x61\xFF", 4},
	{"a longer form", "\xB8\x01\x00\x61\x61", 5},
	{"an open map", "\xBF\x00\x61\x61\xFF", 5},
	{"a byte behind", "\xA1\x00\x61\x61\x00", 5},
};

TEST(bad_requests_are_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_requests); i++) {
		ROW(bad_requests[i].name);
		CHECK_EQ(send(HELLO_WELCOME, bad_requests[i].request, bad_requests[i].bytes),
			 SVSM_ERR_INVALID_FORMAT);
		CHECK_EQ(buffer.reply.payload_bytes, 0);
	}
	ROW("a call by registers");
	CHECK_EQ(send(HELLO_ADD, "", 0), SVSM_ERR_UNSUPPORTED_CALL);
	ROW("an unknown call");
	CHECK_EQ(send(3, "\xA0", 1), SVSM_ERR_UNSUPPORTED_CALL);
}

UNIT_MAIN(CASE(calls), CASE(greeting), CASE(welcomes), CASE(welcome),
	  CASE(bad_requests_are_refused))
