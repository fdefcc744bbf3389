/*
 * Calls by name, as a guest makes them: every refusal, payloads across pages, answers that do not
 * fit, services that yield, die or answer more than there can be.
 */
#include "ipc/message.h"

#include <string.h>

#include "svsm/core.h"
#include "svsm/keel.h"
#include "svsm/protocol.h"
#include "world.h"
#include "x86/regs.h"

#define DESCRIPTOR UINT64_C(0x100000)
#define REQUEST	   UINT64_C(0x101FF0) /* sixteen bytes before the end of its page */
#define REPLY	   UINT64_C(0x103FFC)
#define PAGES	   8u

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

/* Calls: the payload back, inverted; or as named. */
enum { INVERT, TOO_MUCH, YIELDS, DIES, FAILS };

static uint32_t seen_flags, seen_bytes;
static uint64_t seen_version;

static void program(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		seen_flags = msg->request.flags;
		seen_bytes = msg->request.payload_bytes;
		seen_version = msg->request.rcx;
		if (msg->request.call == YIELDS) {
			(void)fake_sys(SYS_YIELD, 0, 0, 0);
		}
		if (msg->request.call == DIES) {
			fake_raise(VECTOR_GP, 0);
		}
		world_reply(msg, msg->request.call == FAILS ? SVSM_ERR_INVALID_REQUEST :
							      SVSM_SUCCESS);
		for (uint32_t i = 0; i < seen_bytes; i++) {
			msg->out[i] = (uint8_t)~msg->in[i];
		}
		msg->reply.payload_bytes =
			msg->request.call == TOO_MUCH ? MSG_PAYLOAD_BYTES + 1 : seen_bytes;
	}
}

static struct svsm_keel_call good(void)
{
	return (struct svsm_keel_call){
		.name = "plain",
		.version = 1,
		.request_gpa = REQUEST,
		.request_bytes = 100,
		.reply_gpa = REPLY,
		.reply_bytes = 200,
	};
}

static void start(void)
{
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = program;
	}
	world_boot(&one_cpu);
	for (uint64_t i = 0; i < PAGES; i++) {
		world_give(DESCRIPTOR + i * PAGE_SIZE, 2);
	}
	for (uint32_t i = 0; i < MSG_PAYLOAD_BYTES; i++) {
		*(uint8_t *)fake_at(REQUEST + i) = (uint8_t)i;
	}
}

static struct world_call ask_at(uint64_t gpa)
{
	struct world_call call = { .rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, SVSM_KEEL_CALL), .rcx = gpa,
				   .rdx = 2, .r8 = 3, .r9 = 4 };

	(void)world_guest_call(&call);
	CHECK(call.rdx == 2 && call.r8 == 3 && call.r9 == 4);
	return call;
}

static struct world_call ask(const struct svsm_keel_call *wanted)
{
	memcpy(fake_at(DESCRIPTOR), wanted, sizeof(*wanted));
	return ask_at(DESCRIPTOR);
}

static bool is_answer(uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		if (*(uint8_t *)fake_at(REPLY + i) != (uint8_t)~i) {
			return false;
		}
	}
	return true;
}

WORLD_TEST(answers)
{
	static const uint32_t sizes[] = { 0, 1, 4, 5, 16, 17, 200, 4096 };
	struct svsm_keel_call wanted = good();

	start();
	wanted.reply_bytes = 4096;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct world_call got;

		ROW("a size");
		memset(fake_at(REPLY), 0x77, 2 * PAGE_SIZE);
		wanted.request_bytes = sizes[i];
		got = ask(&wanted);
		CHECK_EQ(got.rax, SVSM_SUCCESS);
		CHECK_EQ(got.rcx, sizes[i]);
		CHECK_EQ(seen_bytes, sizes[i]);
		CHECK(is_answer(sizes[i]));
		CHECK_EQ(*(uint8_t *)fake_at(REPLY + sizes[i]), 0x77);
	}
	CHECK_EQ(seen_flags, MSG_BY_NAME);
	CHECK_EQ(seen_version, 1);
}

WORLD_TEST(too_little_room)
{
	struct svsm_keel_call wanted = good();
	struct world_call got;

	start();
	wanted.reply_bytes = 99;
	got = ask(&wanted);
	CHECK_EQ(got.rax, SVSM_ERR_INVALID_PARAMETER);
	CHECK_EQ(got.rcx, 100);
	CHECK_EQ(*(uint8_t *)fake_at(REPLY), 0);
}

WORLD_TEST(refuses)
{
	const uint64_t not_validated = UINT64_C(0x300000);
	const struct {
		const char *name;
		struct svsm_keel_call wanted;
		uint64_t result;
	} rows[] = {
		{ "unknown", { .name = "nobody", .version = 1 }, SVSM_ERR_UNSUPPORTED_PROTOCOL },
		{ "no name", { .version = 1 }, SVSM_ERR_UNSUPPORTED_PROTOCOL },
		{ "no end of the name",
		  { .name = { 'p', 'l', 'a', 'i', 'n', 'p', 'l', 'a', 'i', 'n', 'p', 'l', 'a', 'i',
			      'n', 'p' }, .version = 1 }, SVSM_ERR_UNSUPPORTED_PROTOCOL },
		{ "one that takes no messages", { .name = "core", .version = 1 },
		  SVSM_ERR_UNSUPPORTED_PROTOCOL },
		{ "version 0", { .name = "plain" }, SVSM_ERR_INVALID_PARAMETER },
		{ "version 2", { .name = "plain", .version = 2 }, SVSM_ERR_INVALID_PARAMETER },
		{ "the manifest", { .name = "plain", .version = 1, .call = MSG_CALL_MANIFEST },
		  SVSM_ERR_INVALID_PARAMETER },
		{ "reserved", { .name = "plain", .version = 1, .reserved_24 = 1 },
		  SVSM_ERR_INVALID_FORMAT },
		{ "reserved", { .name = "plain", .version = 1, .reserved_34 = BIT32(31) },
		  SVSM_ERR_INVALID_FORMAT },
		{ "too long", { .name = "plain", .version = 1, .request_gpa = REQUEST,
				.request_bytes = 4097 }, SVSM_ERR_INVALID_PARAMETER },
		{ "request wraps", { .name = "plain", .version = 1, .request_gpa = UINT64_MAX - 7,
				     .request_bytes = 16 }, SVSM_ERR_INVALID_PARAMETER },
		{ "reply wraps", { .name = "plain", .version = 1, .reply_gpa = UINT64_MAX - 7,
				   .reply_bytes = 16 }, SVSM_ERR_INVALID_PARAMETER },
		{ "request not validated", { .name = "plain", .version = 1,
			.request_gpa = not_validated, .request_bytes = 1 },
		  SVSM_ERR_INVALID_ADDRESS },
		{ "request ends in a page that is not", { .name = "plain", .version = 1,
			.request_gpa = DESCRIPTOR + PAGES * PAGE_SIZE - 8, .request_bytes = 16 },
		  SVSM_ERR_INVALID_ADDRESS },
		{ "request of the SVSM's", { .name = "plain", .version = 1,
			.request_gpa = REGION_BASE_DEFAULT, .request_bytes = 16 },
		  SVSM_ERR_INVALID_ADDRESS },
		{ "reply into the SVSM", { .name = "plain", .version = 1, .request_gpa = REQUEST,
			.request_bytes = 16, .reply_gpa = REGION_BASE_DEFAULT,
			.reply_bytes = 4096 }, SVSM_ERR_INVALID_ADDRESS },
	};

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(ask(&rows[i].wanted).rax, rows[i].result);
	}
}

/* Structure, request, room: each in turn a page of VMPL 1's. */
WORLD_TEST(refuses_a_more_privileged_vmpls)
{
	static const uint64_t pages[] = { DESCRIPTOR, REQUEST, REPLY };
	const struct svsm_keel_call wanted = good();

	start();
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		const uint64_t page = pages[i] & ~(PAGE_SIZE - 1);

		memset(fake_at(REPLY), 0x77, 2 * PAGE_SIZE);
		world_set_owner(page, PAGE_GUEST, 1);
		CHECK_EQ(ask(&wanted).rax, SVSM_ERR_INVALID_ADDRESS);
		CHECK_EQ(*(uint8_t *)fake_at(REPLY), 0x77);
		world_set_owner(page, PAGE_GUEST, 2);
		CHECK_EQ(ask(&wanted).rax, SVSM_SUCCESS);
	}
}

WORLD_TEST(descriptors)
{
	struct svsm_keel_call wanted = good();

	start();
	memcpy(fake_at(DESCRIPTOR + PAGE_SIZE - 56), &wanted, sizeof(wanted));
	ROW("at the end of its page");
	CHECK_EQ(ask_at(DESCRIPTOR + PAGE_SIZE - 56).rax, SVSM_SUCCESS);
	ROW("across it");
	CHECK_EQ(ask_at(DESCRIPTOR + PAGE_SIZE - 48).rax, SVSM_ERR_INVALID_ADDRESS);
	ROW("misaligned");
	CHECK_EQ(ask_at(DESCRIPTOR + 4).rax, SVSM_ERR_INVALID_PARAMETER);
	ROW("a VMSA");
	CHECK_EQ(ask_at(world_vmsa()).rax, SVSM_ERR_INVALID_ADDRESS);
	ROW("nowhere");
	CHECK_EQ(ask_at(UINT64_MAX - 7).rax, SVSM_ERR_INVALID_ADDRESS);
}

/* INVALID_PARAMETER with a size between the room and 4096 would mean too little room. */
WORLD_TEST(refusals_name_no_size)
{
	const uint64_t low = 0x800;
	const struct {
		const char *name;
		uint64_t at;
		struct svsm_keel_call wanted;
	} rows[] = {
		{ "no such version", low, { .name = "plain", .version = 2 } },
		{ "too long", low, { .name = "plain", .version = 1, .request_bytes = 4097 } },
		{ "misaligned", low + 4, { .name = "plain", .version = 1 } },
	};

	start();
	world_give(0, 2);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world_call got;

		ROW(rows[i].name);
		memcpy(fake_at(rows[i].at), &rows[i].wanted, sizeof(rows[i].wanted));
		got = ask_at(rows[i].at);
		CHECK_EQ(got.rax, SVSM_ERR_INVALID_PARAMETER);
		CHECK_EQ(got.rcx, 0);
	}
}

WORLD_TEST(service_yields)
{
	struct svsm_keel_call wanted = good();

	start();
	wanted.call = YIELDS;
	CHECK_EQ(ask(&wanted).rax, SVSM_ERR_INCOMPLETE);
	ROW("the same call gets the answer");
	CHECK_EQ(ask(&wanted).rax, SVSM_SUCCESS);
	CHECK(is_answer(100));
	ROW("another room for the answer is another call");
	memset(fake_at(REPLY), 0, 2 * PAGE_SIZE);
	CHECK_EQ(ask(&wanted).rax, SVSM_ERR_INCOMPLETE);
	wanted.reply_bytes++;
	CHECK_EQ(ask(&wanted).rax, SVSM_ERR_BUSY);
	CHECK_EQ(*(uint8_t *)fake_at(REPLY), 0);
}

WORLD_TEST(service_misbehaves)
{
	struct svsm_keel_call wanted = good();

	start();
	wanted.call = TOO_MUCH;
	CHECK_EQ(ask(&wanted).rax, SVSM_ERR_KEEL_SERVICE_DIED);
	wanted.call = DIES;
	CHECK_EQ(ask(&wanted).rax, SVSM_ERR_KEEL_SERVICE_DIED);
	wanted.call = FAILS;
	CHECK_EQ(ask(&wanted).rax, SVSM_ERR_INVALID_REQUEST);
	wanted.call = INVERT;
	CHECK_EQ(ask(&wanted).rax, SVSM_SUCCESS);
}

WORLD_TEST(lists)
{
	static const char *const names[] = { "core", "plain", "fragile", "shared" };

	start();
	for (uint64_t i = 0; i < WORLD_SERVICES; i++) {
		struct world_call call = { .rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, SVSM_KEEL_LIST),
					   .rcx = i };
		char name[17] = { 0 };

		ROW(names[i]);
		CHECK_EQ(world_guest_call(&call), SVSM_SUCCESS);
		CHECK_EQ(call.rcx, SVSM_PROTOCOL_VERSIONS(1, 1));
		CHECK_EQ((uint32_t)call.rdx, WORLD_PROTOCOL(i));
		CHECK_EQ(call.rdx >> 32,
			 SVSM_KEEL_UP | (i == WORLD_CORE ? 0 : SVSM_KEEL_MESSAGES));
		memcpy(name, &call.r8, 8);
		memcpy(name + 8, &call.r9, 8);
		CHECK(strcmp(name, names[i]) == 0);
	}
	for (uint64_t i = 0; i < 64; i++) {
		struct world_call call = { .rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, SVSM_KEEL_LIST),
					   .rcx = i < 2 ? WORLD_SERVICES + i : UINT64_C(1) << i };

		ROW("past the end");
		if (i >= 2 && call.rcx < WORLD_SERVICES) {
			continue;
		}
		CHECK_EQ(world_guest_call(&call), SVSM_ERR_INVALID_PARAMETER);
	}
}

WORLD_TEST(other_calls)
{
	struct world_call call = { .rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, 2), .rcx = 7 };

	start();
	CHECK_EQ(world_guest_call(&call), SVSM_ERR_UNSUPPORTED_CALL);
	CHECK_EQ(call.rcx, 7);
}

UNIT_MAIN(CASE(answers), CASE(too_little_room), CASE(refuses),
	  CASE(refuses_a_more_privileged_vmpls), CASE(descriptors),
	  CASE(refusals_name_no_size), CASE(service_yields), CASE(service_misbehaves),
	  CASE(lists), CASE(other_calls))
