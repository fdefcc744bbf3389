/*
 * The channel to the PSP. The module is part of this unit, so that a test can see whether the key
 * is gone. After every deviation it has to be; what the host is allowed to answer leaves it.
 */
#include "attestation/guest_msg.c"

#include "attest_world.h"
#include "base/compiler.h"
#include "unit.h"

static struct attest_world world;
static uint8_t response[GUEST_MSG_PAYLOAD_MAX];
static struct guest_report_req request;
static struct guest_msg_call call;
static enum err result;

/* What runs between the service and the kernel: guest_msg.c alone. */
enum err service_init(void)
{
	return guest_msg_open(service_init_buffer());
}

void service_handle(const struct msg_header *header, struct msg_header *reply)
{
	(void)header;
	call.buffer = service_buffer(reply);
	result = guest_msg_exchange(&call);
}

static enum err start(void)
{
	attest_world_start(&world);
	memset(&request, 0x33, sizeof(request));
	return posix_init(&world.posix);
}

static enum err exchange(bool wants_certificates)
{
	call = (struct guest_msg_call){
		.type = GUEST_MSG_REPORT_REQ,
		.request = &request,
		.request_bytes = sizeof(request),
		.response = response,
		.response_bytes = sizeof(response),
		.has_certificates = wants_certificates,
	};
	request.report_data[0]++;
	(void)attest_world_call(&world, 0, 0);
	CHECK(!world.psp.misused);
	CHECK(!world.psp.reused);
	CHECK(!world.misused);
	return result;
}

static bool is_key_gone(void)
{
	static const uint8_t zeros[sizeof(channel.gcm)];

	return memcmp(&channel.gcm, zeros, sizeof(zeros)) == 0 && !channel.is_open;
}

TEST(opens)
{
	CHECK_EQ(start(), ERR_OK);
	CHECK(!is_key_gone());
	/* The key is nowhere but in the channel. */
	for (size_t i = 0; i + VMPCK_BYTES <= sizeof(world.buffer); i++) {
		CHECK(memcmp((const uint8_t *)&world.buffer + i, world.psp.key, VMPCK_BYTES) != 0);
	}
}

TEST(does_not_open)
{
	attest_world_start(&world);
	world.vmpck_err = ERR_REQUEST;
	CHECK_EQ(posix_init(&world.posix), ERR_REQUEST);
	CHECK_EQ(exchange(false), ERR_REQUEST);
	CHECK_EQ(world.psp.sent, 0);
}

TEST(answers)
{
	struct guest_report_rsp rsp;

	CHECK_EQ(start(), ERR_OK);
	for (unsigned int i = 1; i <= 3; i++) {
		CHECK_EQ(exchange(false), ERR_OK);
		CHECK_EQ(world.psp.sent, i);
		CHECK_EQ(world.psp.pages_offered, 0);
		CHECK_EQ(channel.sequence, 2 * i);
		CHECK_EQ(call.response_bytes, sizeof(rsp));
		memcpy(&rsp, response, sizeof(rsp));
		CHECK_MEM(rsp.report.report_data, request.report_data, 64);
	}
	CHECK_EQ(exchange(true), ERR_OK);
	CHECK_EQ(world.psp.pages_offered, SYS_PSP_CERTIFICATE_PAGES);
	CHECK(call.has_certificates);
}

/* The host may say so, and the same bytes are sent again. */
TEST(busy)
{
	for (unsigned int kernel_busy = 0; kernel_busy < 2; kernel_busy++) {
		ROW(kernel_busy != 0 ? "kernel" : "host");
		CHECK_EQ(start(), ERR_OK);
		world.psp.busy = 5;
		world.psp.kernel_busy = kernel_busy != 0;
		CHECK_EQ(exchange(false), ERR_OK);
		CHECK_EQ(world.psp.sent, 6);
		CHECK_EQ(world.yields, 5);
		CHECK_EQ(channel.sequence, 2);
		CHECK_EQ(exchange(false), ERR_OK);
	}
}

TEST(busy_and_no_more_time)
{
	CHECK_EQ(start(), ERR_OK);
	world.psp.busy = 5;
	world.yield_err = ERR_DENIED;
	CHECK_EQ(exchange(false), ERR_HOST);
	CHECK(is_key_gone());
}

TEST(too_many_certificates)
{
	CHECK_EQ(start(), ERR_OK);
	world.psp.wants_pages = true;
	world.psp.busy = 1;
	CHECK_EQ(exchange(true), ERR_OK);
	CHECK_EQ(world.psp.sent, 3);
	CHECK_EQ(world.psp.pages_offered, 0);
	CHECK(!call.has_certificates);
	CHECK_EQ(channel.sequence, 2);
	CHECK_EQ(exchange(false), ERR_OK);
}

static const struct deed_case {
	const char *name;
	enum fake_psp_deed deed;
	bool is_harmless;
} deed_cases[] = {
	{"tag", FAKE_PSP_TAG, false},
	{"payload", FAKE_PSP_PAYLOAD, false},
	{"sequence", FAKE_PSP_SEQUENCE, false},
	{"replay", FAKE_PSP_REPLAY, false},
	{"request sent back", FAKE_PSP_ECHO, false},
	{"zeros", FAKE_PSP_ZEROS, false},
	{"algorithm", FAKE_PSP_ALGORITHM, false},
	{"header version", FAKE_PSP_HEADER_VERSION, false},
	{"header bytes", FAKE_PSP_HEADER_BYTES, false},
	{"type", FAKE_PSP_TYPE, false},
	{"version", FAKE_PSP_VERSION, false},
	{"vmpck", FAKE_PSP_VMPCK, false},
	{"truncated", FAKE_PSP_TRUNCATED, false},
	{"too long", FAKE_PSP_TOO_LONG, false},
	{"reserved bytes of the header", FAKE_PSP_RESERVED, false},
	{"other key", FAKE_PSP_OTHER_KEY, false},
	{"firmware error", FAKE_PSP_FIRMWARE_ERROR, false},
	{"host error", FAKE_PSP_HOST_ERROR, false},
	{"invalid length without certificates", FAKE_PSP_INVALID_LEN, false},
	{"busy and a firmware error", FAKE_PSP_BOTH_ERRORS, false},
	{"not asked", FAKE_PSP_NO_CALL, false},
	{"status", FAKE_PSP_STATUS, true},
	{"short answer", FAKE_PSP_SHORT, true},
};

TEST(deviations)
{
	for (size_t i = 0; i < ARRAY_SIZE(deed_cases); i++) {
		const struct deed_case *c = &deed_cases[i];
		unsigned int sent;

		ROW(c->name);
		CHECK_EQ(start(), ERR_OK);
		CHECK_EQ(exchange(false), ERR_OK);
		world.psp.deed = c->deed;
		CHECK_EQ(exchange(false), c->is_harmless ? ERR_OK : ERR_HOST);
		CHECK_EQ(is_key_gone(), !c->is_harmless);
		CHECK_EQ(world.logged, c->is_harmless ? 0 : 1);
		sent = world.psp.sent;
		world.psp.deed = FAKE_PSP_ANSWERS;
		CHECK_EQ(exchange(false), c->is_harmless ? ERR_OK : ERR_REQUEST);
		CHECK_EQ(world.psp.sent, sent + (c->is_harmless ? 1 : 0));
	}
}

/* An answer with more than was asked for is not opened. */
TEST(room_of_the_answer)
{
	CHECK_EQ(start(), ERR_OK);
	memset(response, 0xA5, sizeof(response));
	call = (struct guest_msg_call){
		.type = GUEST_MSG_REPORT_REQ,
		.request = &request,
		.request_bytes = sizeof(request),
		.response = response,
		.response_bytes = sizeof(struct guest_report_rsp) - 1,
	};
	(void)attest_world_call(&world, 0, 0);
	CHECK_EQ(result, ERR_HOST);
	CHECK_EQ(response[0], 0xA5);
	CHECK(is_key_gone());
}

UNIT_MAIN(CASE(opens), CASE(does_not_open), CASE(answers), CASE(busy), CASE(busy_and_no_more_time),
	  CASE(too_many_certificates), CASE(deviations), CASE(room_of_the_answer))
