/*
 * Both calls of protocol 1, from a guest's side: what lies in its buffers and registers after, the
 * golden value of REPORT_DATA, and one case per way to fail.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "attest_vectors.h"
#include "attest_world.h"
#include "attestation/attestation.h"
#include "base/compiler.h"
#include "base/err.h"
#include "messages.h"
#include "svsm/protocol.h"
#include "unit.h"

#define PAGE 4096

#define OPERATION    (WORLD_BASE + 0x10)
#define NONCE	     (WORLD_BASE + 0x1FC0)
#define REPORT	     (WORLD_BASE + 2 * PAGE)
#define MANIFEST     (WORLD_BASE + 4 * PAGE)
#define CERTIFICATES (WORLD_BASE + 20 * PAGE)
#define NOWHERE	     UINT64_C(0x90000000)

#define REPORT_BYTES sizeof(struct guest_report)

static struct attest_world world;
static struct svsm_attest_single_service operation;
static const struct msg_header *reply;

static uint8_t *at(uint64_t gpa)
{
	return world.guest + (gpa - WORLD_BASE);
}

/* Two services in the table, one of them with a manifest, and three that are not in it. */
static void start(void)
{
	static const char text[] = "what two says";
	struct world_peer *peer;

	attest_world_start(&world);
	memset(world.guest, 0xCC, sizeof(world.guest));
	(void)attest_world_peer(&world, "one", 0x11, SYS_SERVICE_UP);
	peer = attest_world_peer(&world, "two", 0x22, SYS_SERVICE_UP | SYS_SERVICE_MANIFEST);
	peer->payload_bytes = sizeof(text) - 1;
	memcpy(peer->payload, text, sizeof(text) - 1);
	(void)attest_world_peer(&world, "nameless", 0, SYS_SERVICE_UP | SYS_SERVICE_MANIFEST);
	(void)attest_world_peer(&world, "dead", 0x44, SYS_SERVICE_MANIFEST);
	CHECK_EQ(posix_init(&world.posix), ERR_OK);
	for (unsigned int i = 0; i < SVSM_ATTEST_NONCE_BYTES; i++) {
		at(NONCE)[i] = (uint8_t)i;
	}
	operation = (struct svsm_attest_single_service){
		.common =
			{
				.report_gpa = REPORT,
				.report_bytes = PAGE,
				.nonce_gpa = NONCE,
				.nonce_bytes = SVSM_ATTEST_NONCE_BYTES,
				.manifest_gpa = MANIFEST,
				.manifest_bytes = PAGE,
			},
	};
	memset(operation.guid, 0x22, sizeof(operation.guid));
}

static uint32_t make_call(uint32_t call)
{
	memcpy(at(OPERATION), &operation, sizeof(operation));
	reply = attest_world_call(&world, call, OPERATION);
	CHECK(!world.misused);
	CHECK(!world.psp.misused);
	CHECK(!world.psp.reused);
	CHECK_EQ(reply->payload_bytes, 0);
	return reply->result;
}

static void check_lengths(uint64_t manifest, uint64_t certificates)
{
	CHECK_EQ(reply->flags, MSG_SET_RCX | MSG_SET_RDX | MSG_SET_R8);
	CHECK_EQ(reply->rcx, manifest);
	CHECK_EQ(reply->rdx, certificates);
	CHECK_EQ(reply->r8, REPORT_BYTES);
}

/* The bare report, made for this REPORT_DATA; nothing behind it is touched. */
static void check_report(const uint8_t *report_data)
{
	struct guest_report_req request = {.vmpl = 0};
	struct guest_report want;

	memcpy(request.report_data, report_data, sizeof(request.report_data));
	fake_psp_report(&request, &want);
	CHECK_MEM(at(REPORT), &want, sizeof(want));
	CHECK_EQ(at(REPORT)[REPORT_BYTES], 0xCC);
	CHECK_EQ(world.psp.asked.vmpl, 0);
	CHECK_EQ(world.psp.asked.flags, 0);
}

#define ALL_BYTES sizeof(all_manifest)

TEST(all_services)
{
	start();
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	check_lengths(ALL_BYTES, 0);
	CHECK_MEM(at(MANIFEST), all_manifest, ALL_BYTES);
	CHECK_EQ(at(MANIFEST)[ALL_BYTES], 0xCC);
	check_report(all_data);
	CHECK_EQ(world.psp.pages_offered, 0);
	messages_seen("services-manifest", at(MANIFEST) + CBOR_AT, ALL_BYTES - CBOR_AT);
}

TEST(services_in_cbor_alone)
{
	static const uint8_t guid[] = SVSM_MANIFEST_KEEL_GUID;

	start();
	memcpy(operation.guid, guid, sizeof(guid));
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_SUCCESS);
	check_lengths(ALL_BYTES - CBOR_AT, 0);
	CHECK_MEM(at(MANIFEST), all_manifest + CBOR_AT, ALL_BYTES - CBOR_AT);
	CHECK_EQ(at(MANIFEST)[ALL_BYTES - CBOR_AT], 0xCC);
	check_report(cbor_data);
	operation.manifest_version = 1;
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_ERR_INVALID_PARAMETER);
	CHECK_EQ(reply->flags, 0);
}

TEST(single_service)
{
	start();
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_SUCCESS);
	check_lengths(13, 0);
	CHECK_MEM(at(MANIFEST), "what two says\xCC", 14);
	check_report(two_data);
}

TEST(single_service_without_manifest)
{
	start();
	memset(operation.guid, 0x11, sizeof(operation.guid));
	operation.common.manifest_bytes = 0;
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_SUCCESS);
	check_lengths(0, 0);
	check_report(nonce_data);
}

TEST(version_reaches_the_service)
{
	start();
	operation.manifest_version = 0xFFFFFFFF;
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_SUCCESS);
	CHECK_EQ(world.peers[1].asked_version, 0xFFFFFFFF);
}

TEST(no_services_at_all)
{
	start();
	world.peer_count = 0;
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	check_lengths(24 + 24 + 5, 0);
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_ERR_UNSUPPORTED_PROTOCOL);
}

/* The most there can be: as many services as an image has, with a page each. */
TEST(largest_manifest)
{
	const size_t first = 24 + (IMAGE_SERVICES + 1) * 24;
	const size_t last = first + IMAGE_SERVICES * 4096;

	start();
	world.peer_count = 0;
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		struct world_peer *peer =
			attest_world_peer(&world, "a name of 16 let", (uint8_t)(0xF0 + i),
					  SYS_SERVICE_UP | SYS_SERVICE_MANIFEST);

		peer->service.protocol = UINT32_MAX;
		peer->service.version_min = UINT32_MAX;
		peer->service.version_max = UINT32_MAX;
		peer->payload_bytes = MSG_PAYLOAD_BYTES;
		memset(peer->payload, 'a' + (int)i, sizeof(peer->payload));
	}
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_ERR_INVALID_PARAMETER);
	CHECK(reply->rcx > last);
	CHECK(reply->rcx <= last + IMAGE_SERVICES * ATTEST_CBOR_SERVICE_MAX);
	CHECK_EQ(world.psp.sent, 0);
	operation.common.manifest_bytes = (uint32_t)reply->rcx;
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	for (size_t i = 0; i < IMAGE_SERVICES; i++) {
		CHECK_EQ(at(MANIFEST)[first + i * 4096], 'a' + i);
		CHECK_EQ(at(MANIFEST)[first + i * 4096 + 4095], 'a' + i);
	}
	CHECK_EQ(at(MANIFEST)[reply->rcx], 0xCC);
	messages_seen("services-manifest", at(MANIFEST) + last, reply->rcx - last);
}

/* The kernel's word, but it would make the whole manifest unreadable. */
TEST(name_is_not_text)
{
	start();
	world.peers[0].service.name[0] = (char)0xFF;
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_ERR_INVALID_REQUEST);
	CHECK_EQ(world.psp.sent, 0);
}

/* Too small: lengths, no report, nothing written. */
static const struct small_case {
	const char *name;
	uint32_t report;
	uint32_t manifest;
	uint32_t certificates;
	uint64_t out_certificates;
	unsigned int sent;
} small_cases[] = {
	{"report, by one", REPORT_BYTES - 1, PAGE, 0, 0, 0},
	{"report of nothing", 0, PAGE, 0, 0, 0},
	{"manifest, by one", PAGE, ALL_BYTES - 1, 0, 0, 0},
	{"manifest of nothing", PAGE, 0, 0, 0, 0},
	{"both, certificates stay", 0, 0, 4 * PAGE, 4 * PAGE, 0},
	{"certificates, by one", PAGE, PAGE, 5999, 6000, 1},
	{"certificates of one byte", PAGE, PAGE, 1, 6000, 1},
};

static void add_certificates(void)
{
	static const uint32_t entry[] = {0x48, 6000 - 0x48};

	memset(world.psp.certificates, 0xEE, sizeof(world.psp.certificates));
	memset(world.psp.certificates, 0x77, 16);
	memcpy(world.psp.certificates + 16, entry, sizeof(entry));
	memset(world.psp.certificates + 24, 0, 24);
	world.psp.certificate_pages = 2;
}

TEST(too_small)
{
	static const uint8_t untouched = 0xCC;

	for (size_t i = 0; i < ARRAY_SIZE(small_cases); i++) {
		const struct small_case *c = &small_cases[i];

		ROW(c->name);
		start();
		add_certificates();
		operation.common.report_bytes = c->report;
		operation.common.manifest_bytes = c->manifest;
		operation.common.certificates_gpa = CERTIFICATES;
		operation.common.certificates_bytes = c->certificates;
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_ERR_INVALID_PARAMETER);
		check_lengths(ALL_BYTES, c->out_certificates);
		CHECK_EQ(world.psp.sent, c->sent);
		CHECK_EQ(*at(REPORT), untouched);
		CHECK_EQ(*at(MANIFEST), untouched);
		CHECK_EQ(*at(CERTIFICATES), untouched);
		/* As much as was asked for is enough. */
		operation.common.report_bytes = (uint32_t)reply->r8;
		operation.common.manifest_bytes = (uint32_t)reply->rcx;
		operation.common.certificates_bytes = (uint32_t)reply->rdx;
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	}
}

TEST(certificates)
{
	start();
	add_certificates();
	operation.common.certificates_gpa = CERTIFICATES;
	operation.common.certificates_bytes = 4 * PAGE;
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	check_lengths(ALL_BYTES, 6000);
	CHECK_EQ(world.psp.pages_offered, SYS_PSP_CERTIFICATE_PAGES);
	CHECK_MEM(at(CERTIFICATES), world.psp.certificates, 6000);
	CHECK_EQ(at(CERTIFICATES)[6000], 0xCC);
	check_report(all_data);
}

/* The report is whole without them. */
TEST(certificates_that_are_none)
{
	static const char *const names[] = {"empty table", "damaged table", "no pages",
					    "more than there is room for"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ROW(names[i]);
		start();
		add_certificates();
		operation.common.certificates_gpa = CERTIFICATES;
		operation.common.certificates_bytes = 4 * PAGE;
		if (i == 0) {
			memset(world.psp.certificates, 0, 24);
		} else if (i == 1) {
			world.psp.certificates[19] = 0x80;
		} else {
			world.psp.wants_pages = true;
		}
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
		check_lengths(ALL_BYTES, 0);
		CHECK_EQ(*at(CERTIFICATES), 0xCC);
		check_report(all_data);
	}
}

/* What a guest got wrong. Refused before anyone is asked; registers stay. */
static const struct refused_case {
	const char *name;
	uint32_t call;
	size_t offset;
	uint64_t value;
	size_t bytes;
	uint32_t result;
} refused_cases[] = {
	{"reserved", SVSM_ATTEST_SERVICES, 0x0C, 1, 4, SVSM_ERR_INVALID_PARAMETER},
	{"report misaligned", SVSM_ATTEST_SERVICES, 0x00, REPORT + 8, 8,
	 SVSM_ERR_INVALID_PARAMETER},
	{"nonce of 32 bytes", SVSM_ATTEST_SERVICES, 0x18, 32, 2, SVSM_ERR_INVALID_PARAMETER},
	{"nonce is not the guest's", SVSM_ATTEST_SERVICES, 0x10, NOWHERE, 8,
	 SVSM_ERR_INVALID_ADDRESS},
	{"unknown service", SVSM_ATTEST_SINGLE_SERVICE, 0x4F, 0, 1, SVSM_ERR_UNSUPPORTED_PROTOCOL},
	{"dead service", SVSM_ATTEST_SINGLE_SERVICE, 0x40, 0, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL},
	{"no service", SVSM_ATTEST_SINGLE_SERVICE, 0x40, 1, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL},
	{"version of a service without manifest", SVSM_ATTEST_SINGLE_SERVICE, 0x50, 1, 4,
	 SVSM_ERR_INVALID_PARAMETER},
};

TEST(refused)
{
	static const uint8_t fills[] = {0x22, 0x22, 0x22, 0x22, 0x22, 0x44, 0x00, 0x11};

	for (size_t i = 0; i < ARRAY_SIZE(refused_cases); i++) {
		const struct refused_case *c = &refused_cases[i];

		ROW(c->name);
		start();
		memset(operation.guid, fills[i], sizeof(operation.guid));
		memcpy((uint8_t *)&operation + c->offset, &c->value, c->bytes);
		CHECK_EQ(make_call(c->call), c->result);
		CHECK_EQ(reply->flags, 0);
		CHECK_EQ(world.psp.sent, 0);
		CHECK_EQ(*at(REPORT), 0xCC);
		CHECK_EQ(*at(MANIFEST), 0xCC);
	}
}

TEST(operation_is_not_the_guests)
{
	start();
	CHECK_EQ(attest_world_call(&world, SVSM_ATTEST_SERVICES, NOWHERE)->result,
		 SVSM_ERR_INVALID_ADDRESS);
	CHECK_EQ(attest_world_call(&world, SVSM_ATTEST_SERVICES, WORLD_BASE + 4)->result,
		 SVSM_ERR_INVALID_PARAMETER);
	CHECK_EQ(attest_world_call(&world, SVSM_ATTEST_SERVICES, WORLD_BASE + 0xFC8)->result,
		 SVSM_ERR_INVALID_PARAMETER);
}

/* The PSP has answered; the guest's loss alone. */
TEST(results_cannot_be_written)
{
	static const uint64_t pages[] = {REPORT, MANIFEST, CERTIFICATES, CERTIFICATES + PAGE};
	static const char *const names[] = {"report", "manifest", "certificates",
					    "second page of certificates"};

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		ROW(names[i]);
		start();
		add_certificates();
		operation.common.certificates_gpa = CERTIFICATES;
		operation.common.certificates_bytes = 4 * PAGE;
		world.posix.read_only_gpa = pages[i];
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_ERR_INVALID_ADDRESS);
		CHECK_EQ(reply->flags, 0);
		world.posix.read_only_gpa = 0;
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	}
}

/* Whatever the PSP or the host does instead of giving this report. */
TEST(no_report)
{
	for (unsigned int deed = FAKE_PSP_TAG; deed < FAKE_PSP_DEEDS; deed++) {
		bool is_channel_good = deed >= FAKE_PSP_STATUS;

		start();
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
		memset(world.guest + PAGE, 0xCC, 2 * PAGE);
		world.psp.deed = (enum fake_psp_deed)deed;
		ROW("deed");
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_ERR_INVALID_REQUEST);
		CHECK_EQ(reply->flags, 0);
		CHECK_EQ(*at(REPORT), 0xCC);
		world.psp.deed = FAKE_PSP_ANSWERS;
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES),
			 is_channel_good ? SVSM_SUCCESS : SVSM_ERR_INVALID_REQUEST);
	}
}

/* Services that are busy, yield, fail or lie. */
static const struct peer_case {
	const char *name;
	unsigned int busy;
	unsigned int yields;
	uint64_t err;
	uint32_t result;
	uint32_t claimed_bytes;
	uint32_t single_result;
	bool has_data;
} peer_cases[] = {
	{"busy", 3, 0, ERR_OK, SVSM_SUCCESS, 0, SVSM_SUCCESS, true},
	{"yields", 0, 4, ERR_OK, SVSM_SUCCESS, 0, SVSM_SUCCESS, true},
	{"dies", 0, 0, ERR_DEAD, SVSM_SUCCESS, 0, SVSM_ERR_KEEL_SERVICE_DIED, false},
	{"answer too large", 0, 0, ERR_NOSPC, SVSM_SUCCESS, 0, SVSM_ERR_INVALID_REQUEST, false},
	{"denied", 0, 0, ERR_DENIED, SVSM_SUCCESS, 0, SVSM_ERR_INVALID_REQUEST, false},
	{"no such version", 0, 0, ERR_OK, SVSM_ERR_INVALID_PARAMETER, 0, SVSM_ERR_INVALID_PARAMETER,
	 false},
	{"asks for memory", 0, 0, ERR_OK, SVSM_NEEDS_MEMORY | 1, 0, SVSM_ERR_INVALID_REQUEST,
	 false},
	{"says INCOMPLETE", 0, 0, ERR_OK, SVSM_ERR_INCOMPLETE, 0, SVSM_ERR_INVALID_REQUEST, false},
	{"claims more than it has", 0, 0, ERR_OK, SVSM_SUCCESS, 4097, SVSM_ERR_INVALID_REQUEST,
	 false},
	{"claims 4 GiB", 0, 0, ERR_OK, SVSM_SUCCESS, UINT32_MAX, SVSM_ERR_INVALID_REQUEST, false},
};

static void set_peer(const struct peer_case *c)
{
	world.peers[1].busy = c->busy;
	world.peers[1].yields = c->yields;
	world.peers[1].err = c->err;
	world.peers[1].result = c->result;
	world.peers[1].claimed_bytes = c->claimed_bytes;
}

TEST(peers)
{
	for (size_t i = 0; i < ARRAY_SIZE(peer_cases); i++) {
		const struct peer_case *c = &peer_cases[i];

		ROW(c->name);
		start();
		set_peer(c);
		CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), c->single_result);
		CHECK_EQ(world.yields, c->busy + c->yields);
		/* In the table of all it has no data then; the others are attested. */
		set_peer(c);
		CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
		CHECK_EQ(reply->rcx, c->has_data ? ALL_BYTES : ALL_BYTES - 13);
		CHECK_EQ(at(MANIFEST)[0x14], 3);
	}
}

TEST(list_fails)
{
	start();
	world.list_err = ERR_DENIED;
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_ERR_INVALID_REQUEST);
}

/* A service that gives a table out for its own manifest, with other services as it likes them. */
TEST(forged_table)
{
	static const uint8_t table[] = SVSM_MANIFEST_GUID;

	start();
	memcpy(world.peers[1].payload, table, sizeof(table));
	world.peers[1].payload_bytes = sizeof(table);
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_ERR_INVALID_REQUEST);
	CHECK_EQ(*at(MANIFEST), 0xCC);
	CHECK_EQ(world.psp.sent, 0);
	ROW("in the table it is no more than its own");
	CHECK_EQ(make_call(SVSM_ATTEST_SERVICES), SVSM_SUCCESS);
	ROW("one byte less is none");
	world.peers[1].payload_bytes--;
	CHECK_EQ(make_call(SVSM_ATTEST_SINGLE_SERVICE), SVSM_SUCCESS);
}

/* Where the guest changes a byte at each yield, and back at the next. */
static size_t rewritten;

static void scribble(struct attest_world *w)
{
	w->guest[rewritten] ^= 0xFF;
}

/* One that came back with another question is not answered, and has nothing of the first one's. */
static void check_rewritten(uint64_t gpa, unsigned int peer_yields)
{
	start();
	world.time_left = 0;
	world.peers[1].yields = peer_yields;
	rewritten = gpa - WORLD_BASE;
	world.on_yield = scribble;
	if (make_call(SVSM_ATTEST_SERVICES) == SVSM_SUCCESS) {
		CHECK_EQ(world.yields % 2, 0);
		check_report(all_data);
		return;
	}
	CHECK_EQ(world.yields % 2, 1);
	CHECK_EQ(reply->result, SVSM_ERR_BUSY);
	CHECK_EQ(reply->flags, 0);
	CHECK_EQ(*at(REPORT), 0xCC);
	CHECK_EQ(*at(MANIFEST), 0xCC);
}

/* Nothing is read between the first copy and the comparison at the end. */
TEST(another_question_meanwhile)
{
	const uint64_t places[] = {
		OPERATION,
		OPERATION + offsetof(struct svsm_attest_services, nonce_gpa),
		OPERATION + offsetof(struct svsm_attest_services, manifest_bytes),
		OPERATION + sizeof(struct svsm_attest_services) - 1,
		NONCE,
		NONCE + SVSM_ATTEST_NONCE_BYTES - 1,
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		ROW("changed and changed back");
		check_rewritten(places[i], 1);
		ROW("one yield more");
		check_rewritten(places[i], 2);
	}
	CHECK(world.yields >= 3);
}

TEST(no_more_time)
{
	start();
	world.time_left = 0;
	world.yield_err = ERR_DENIED;
	CHECK(make_call(SVSM_ATTEST_SERVICES) != SVSM_SUCCESS);
	CHECK_EQ(world.psp.sent, 0);
}

static const struct {
	const char *name;
	uint32_t protocol;
	uint32_t call;
	uint32_t flags;
	uint32_t result;
} caller_cases[] = {
	{"other protocol", 7, 0, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL},
	{"call 2", SVSM_PROTOCOL_ATTEST, 2, 0, SVSM_ERR_UNSUPPORTED_CALL},
	{"call ffffffff", SVSM_PROTOCOL_ATTEST, UINT32_MAX, 0, SVSM_ERR_UNSUPPORTED_CALL},
	{"another service", SVSM_PROTOCOL_ATTEST, 0, MSG_FROM_PEER, SVSM_ERR_INVALID_REQUEST},
	{"by name", SVSM_PROTOCOL_ATTEST, 0, MSG_BY_NAME, SVSM_ERR_INVALID_REQUEST},
};

TEST(other_callers)
{
	for (size_t i = 0; i < ARRAY_SIZE(caller_cases); i++) {
		ROW(caller_cases[i].name);
		start();
		memset(&world.buffer, 0, sizeof(world.buffer));
		world.buffer.request = (struct msg_header){
			.version = MSG_VERSION,
			.protocol = caller_cases[i].protocol,
			.call = caller_cases[i].call,
			.flags = caller_cases[i].flags,
			.rcx = OPERATION,
		};
		posix_serve(&world.posix);
		CHECK_EQ(world.buffer.reply.result, caller_cases[i].result);
		CHECK_EQ(world.posix.syscall_count, 0);
	}
}

UNIT_MAIN(CASE(all_services), CASE(services_in_cbor_alone), CASE(single_service),
	  CASE(single_service_without_manifest), CASE(version_reaches_the_service),
	  CASE(no_services_at_all), CASE(largest_manifest), CASE(name_is_not_text), CASE(too_small),
	  CASE(certificates), CASE(certificates_that_are_none), CASE(refused),
	  CASE(operation_is_not_the_guests), CASE(results_cannot_be_written), CASE(no_report),
	  CASE(peers), CASE(list_fails), CASE(forged_table), CASE(another_question_meanwhile),
	  CASE(no_more_time), CASE(other_callers))
