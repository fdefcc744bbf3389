/*
 * Fuzz target: the attestation service; registers, guest memory and what the other services answer
 * are the input's, the PSP is a true one. It is right if nothing of the guest's memory changes but
 * the three buffers up to the lengths returned, REPORT_DATA of a report is SHA-512 of nonce and
 * manifest as they lie in guest memory, and a refusal sets no register but for the lengths.
 */
#include "fuzz.h"

#include <string.h>

#include "attest_world.h"
#include "attestation/attestation.h"
#include "base/bits.h"
#include "base/overflow.h"
#include "svsm/protocol.h"

#define LENGTHS (MSG_SET_RCX | MSG_SET_RDX | MSG_SET_R8)

/* The head of the input; the rest is guest memory, from its start. */
struct input {
	uint8_t call;
	uint8_t is_raw; /* rcx is taken as it is, else as an offset into guest memory */
	uint8_t no_time;
	uint8_t psp_flags; /* busy, more certificates than there is room for */
	uint16_t certificate_pages;
	uint16_t peer_bytes;
	uint8_t peer_err;
	uint8_t peer_yields;
	uint8_t peer_result;
	uint8_t peers;
	uint32_t peer_claims;
	uint64_t rcx;
	uint8_t certificates[64];
};

static struct input input;
static struct attest_world world;
static uint8_t before[sizeof(world.guest)];

/* So many services, each with GUID and manifest; the last is as the input says. */
static void add_peers(void)
{
	static const uint32_t results[] = {SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER,
					   SVSM_ERR_INCOMPLETE, SVSM_NEEDS_MEMORY | 3};
	unsigned int count = input.peers % (WORLD_SERVICES + 1);

	for (unsigned int i = 0; i < count; i++) {
		struct world_peer *peer = attest_world_peer(&world, "peer", (uint8_t)(i + 1),
							    SYS_SERVICE_UP | SYS_SERVICE_MANIFEST);

		peer->payload_bytes = i;
		if (i + 1 == count) {
			peer->payload_bytes = input.peer_bytes % (MSG_PAYLOAD_BYTES + 1);
			peer->claimed_bytes = input.peer_claims;
			peer->err = input.peer_err % ERR_COUNT;
			peer->yields = input.peer_yields % 4;
			/* The kernel's answer cannot be "again" for ever: the guest would ask on.
			 */
			if (peer->err == ERR_AGAIN || peer->err == ERR_BUSY) {
				peer->err = ERR_OK;
			}
			peer->result = results[input.peer_result % 4];
		}
	}
}

static void start(const uint8_t *data, size_t bytes)
{
	attest_world_start(&world);
	memcpy(world.guest, data, bytes < sizeof(world.guest) ? bytes : sizeof(world.guest));
	memcpy(before, world.guest, sizeof(before));
	add_peers();
	FUZZ_CHECK(posix_init(&world.posix) == ERR_OK);
	world.time_left = input.no_time % 2 == 0 ? 1000 : 0;
	world.psp.busy = input.psp_flags & 3;
	world.psp.wants_pages = (input.psp_flags & 4) != 0;
	world.psp.certificate_pages = input.certificate_pages;
	memcpy(world.psp.certificates, input.certificates, sizeof(input.certificates));
}

/* What was asked for, read again by the same rules out of memory as it was. */
static bool find_args(uint64_t rcx, struct attest_args *args)
{
	struct svsm_attest_single_service operation = {0};
	size_t bytes;

	if (attest_decode_place(input.call, rcx, &bytes) != ERR_OK ||
	    !range_within(rcx, bytes, WORLD_BASE, sizeof(before))) {
		return false;
	}
	memcpy(&operation, before + (rcx - WORLD_BASE), bytes);
	return attest_decode(input.call, &operation, args) == ERR_OK;
}

/* Takes over what may have changed. */
static void forgive(const struct attest_buffer *buffer, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes && i < buffer->bytes; i++) {
		uint64_t gpa = buffer->gpa + i;

		if (gpa >= WORLD_BASE && gpa - WORLD_BASE < sizeof(before)) {
			before[gpa - WORLD_BASE] = world.guest[gpa - WORLD_BASE];
		}
	}
}

static bool overlaps(const struct attest_buffer *buffer, uint64_t bytes, uint64_t gpa,
		     uint64_t other)
{
	return ranges_overlap(buffer->gpa, bytes, gpa, other);
}

/* Where the guest did not lay its buffers over each other, they have to fit together. */
static void check_report(const struct msg_header *reply, const struct attest_args *args)
{
	/* An empty manifest may be anywhere. */
	uint64_t manifest = reply->rcx != 0 ? args->manifest.gpa - WORLD_BASE : 0;
	const struct guest_report *report =
		(const struct guest_report *)(world.guest + (args->report.gpa - WORLD_BASE));
	uint8_t digest[SHA512_BYTES];

	FUZZ_CHECK(reply->r8 == sizeof(*report) && reply->r8 <= args->report.bytes);
	FUZZ_CHECK(reply->rcx <= args->manifest.bytes && reply->rdx <= args->certificates.bytes);
	if (overlaps(&args->manifest, reply->rcx, args->report.gpa, reply->r8) ||
	    overlaps(&args->certificates, reply->rdx, args->report.gpa, reply->r8) ||
	    overlaps(&args->certificates, reply->rdx, args->manifest.gpa, reply->rcx)) {
		return;
	}
	sha2_512(before + (args->nonce_gpa - WORLD_BASE), SVSM_ATTEST_NONCE_BYTES,
		 world.guest + manifest, reply->rcx, digest);
	FUZZ_CHECK(memcmp(report->report_data, digest, sizeof(digest)) == 0);
	FUZZ_CHECK(report->vmpl == 0);
}

/* Lengths with a refusal: one buffer is too small for what it needs. */
static void check_needs(const struct msg_header *reply, const struct attest_args *args)
{
	FUZZ_CHECK(reply->r8 == sizeof(struct guest_report));
	FUZZ_CHECK(reply->rcx <= ATTEST_MANIFEST_MAX);
	FUZZ_CHECK(reply->rcx > args->manifest.bytes || reply->rdx > args->certificates.bytes ||
		   reply->r8 > args->report.bytes);
}

static void check(const struct msg_header *reply, uint64_t rcx)
{
	struct attest_args args = {0};
	bool is_understood = find_args(rcx, &args);

	FUZZ_CHECK(!world.misused && !world.psp.misused && !world.psp.reused);
	FUZZ_CHECK(reply->version == MSG_VERSION && reply->payload_bytes == 0);
	FUZZ_CHECK(reply->flags == 0 || reply->flags == LENGTHS);
	if (reply->result == SVSM_SUCCESS) {
		FUZZ_CHECK(is_understood && reply->flags == LENGTHS);
		check_report(reply, &args);
	} else {
		FUZZ_CHECK(reply->flags == 0 || reply->result == SVSM_ERR_INVALID_PARAMETER);
		FUZZ_CHECK((reply->result & SVSM_NEEDS_MEMORY) == 0);
		FUZZ_CHECK(reply->result != SVSM_ERR_INCOMPLETE);
	}
	if (reply->result == SVSM_ERR_INVALID_PARAMETER && reply->flags == LENGTHS) {
		check_needs(reply, &args);
	}
	if (reply->result == SVSM_SUCCESS || reply->result == SVSM_ERR_INVALID_ADDRESS) {
		forgive(&args.report, sizeof(struct guest_report));
		forgive(&args.manifest, ATTEST_MANIFEST_MAX);
		forgive(&args.certificates, SYS_PSP_CERTIFICATE_PAGES * PAGE_SIZE);
	}
	FUZZ_CHECK(memcmp(before, world.guest, sizeof(before)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	uint64_t rcx;

	if (bytes < sizeof(input)) {
		return 0;
	}
	memcpy(&input, data, sizeof(input));
	start(data + sizeof(input), bytes - sizeof(input));
	rcx = input.is_raw % 2 == 1 ? input.rcx : WORLD_BASE + input.rcx % sizeof(world.guest);
	check(attest_world_call(&world, input.call, rcx), rcx);
	return 0;
}
