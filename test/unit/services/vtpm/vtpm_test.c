/*
 * The protocol's side of the vTPM, with the stub behind it: what is refused before a TPM sees it,
 * and what is left in the guest's page.
 */
#include "vtpm/vtpm.h"

#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "rt/posix/posix.h"
#include "svsm/protocol.h"
#include "unit.h"

#define GUEST_BASE UINT64_C(0x100000)
#define PAGES	   2

static union {
	uint8_t bytes[PAGES * PAGE_SIZE];
	struct vtpm_request request;
	struct vtpm_response response;
} guest;
static struct msg_buffer buffer;
static struct posix_world world = {.guest_base = GUEST_BASE,
				   .guest_bytes = sizeof(guest),
				   .guest = guest.bytes,
				   .buffer = &buffer};

static uint32_t call(uint32_t number, uint64_t rcx, uint32_t flags)
{
	memset(&buffer, 0xA5, sizeof(buffer));
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .flags = flags,
					     .protocol = SVSM_PROTOCOL_VTPM,
					     .call = number,
					     .vmpl = 2,
					     .rcx = rcx};
	posix_serve(&world);
	return buffer.reply.result;
}

/* TPM2_GetRandom as a guest leaves it in its page, with something of its own behind it. */
static void fill(uint32_t command, uint8_t locality, uint32_t bytes, uint32_t tpm_bytes)
{
	uint8_t header[] = {0x80, 0x01, 0, 0, 0, 0, 0, 0, 0x01, 0x7B};

	memset(&guest, 0xEE, sizeof(guest));
	guest.request.command = command;
	guest.request.locality = locality;
	guest.request.bytes = bytes;
	for (int i = 0; i < 4; i++) {
		header[2 + i] = (uint8_t)(tpm_bytes >> (24 - 8 * i));
	}
	memcpy(guest.request.tpm_command, header, sizeof(header));
}

static const struct row {
	const char *name;
	uint32_t command;
	uint8_t locality;
	uint32_t bytes;
	uint32_t tpm_bytes;
	uint64_t gpa;
	uint32_t result;
} rows[] = {
	/* clang-format off */
	{ "a command", 8, 0, 12, 12, GUEST_BASE, SVSM_SUCCESS },
	{ "shortest command", 8, 0, 10, 10, GUEST_BASE, SVSM_SUCCESS },
	{ "longest command", 8, 0, 4087, 4087, GUEST_BASE, SVSM_SUCCESS },
	{ "longer than the page", 8, 0, 4088, 4088, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "size of all bits", 8, 0, UINT32_MAX, UINT32_MAX, GUEST_BASE,
	  SVSM_ERR_INVALID_PARAMETER },
	{ "shorter than a header", 8, 0, 9, 9, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "nothing", 8, 0, 0, 0, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "the TPM's size is larger", 8, 0, 12, 13, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "the TPM's size is smaller", 8, 0, 12, 11, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "the TPM's size in its high byte", 8, 0, 12, 0x0C000000, GUEST_BASE,
	  SVSM_ERR_INVALID_PARAMETER },
	{ "locality 1", 8, 1, 12, 12, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "locality 4", 8, 4, 12, 12, GUEST_BASE, SVSM_ERR_INVALID_PARAMETER },
	{ "another platform command", 1, 0, 12, 12, GUEST_BASE, SVSM_ERR_UNSUPPORTED_CALL },
	{ "platform command of all bits", UINT32_MAX, 0, 12, 12, GUEST_BASE,
	  SVSM_ERR_UNSUPPORTED_CALL },
	{ "no address", 8, 0, 12, 12, 0, SVSM_ERR_INVALID_PARAMETER },
	{ "not a page's start", 8, 0, 12, 12, GUEST_BASE + 8, SVSM_ERR_INVALID_PARAMETER },
	{ "not the guest's memory", 8, 0, 12, 12, 0x5000, SVSM_ERR_INVALID_ADDRESS },
	{ "address of all bits", 8, 0, 12, 12, UINT64_MAX & ~UINT64_C(0xFFF),
	  SVSM_ERR_INVALID_ADDRESS },
	/* clang-format on */
};

TEST(commands)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];

		ROW(r->name);
		fill(r->command, r->locality, r->bytes, r->tpm_bytes);
		CHECK_EQ(call(SVSM_VTPM_CMD, r->gpa, 0), r->result);
		CHECK_EQ(buffer.reply.flags, 0);
		CHECK_EQ(buffer.reply.payload_bytes, 0);
		/* Refused, nothing is written. */
		CHECK_EQ(guest.request.tpm_command[100], r->result == SVSM_SUCCESS ? 0 : 0xEE);
	}
}

TEST(response_fills_the_page)
{
	static const uint8_t want[] = {10, 0, 0, 0, 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x01};

	fill(VTPM_TPM_SEND_COMMAND, 0, 12, 12);
	CHECK_EQ(call(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_SUCCESS);
	CHECK_MEM(guest.bytes, want, sizeof(want));
	for (size_t i = sizeof(want); i < PAGE_SIZE; i++) {
		CHECK_EQ(guest.bytes[i], 0);
	}
	CHECK_EQ(guest.bytes[PAGE_SIZE], 0xEE);
}

TEST(nothing_stays_in_the_buffer)
{
	fill(VTPM_TPM_SEND_COMMAND, 0, 12, 12);
	CHECK_EQ(call(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_SUCCESS);
	for (size_t i = 0; i < sizeof(buffer.scratch); i++) {
		CHECK_EQ(buffer.scratch[i], 0);
	}
}

TEST(page_that_takes_no_response)
{
	fill(VTPM_TPM_SEND_COMMAND, 0, 12, 12);
	world.read_only_gpa = GUEST_BASE;
	CHECK_EQ(call(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_ERR_INVALID_ADDRESS);
	world.read_only_gpa = 0;
	CHECK_EQ(guest.bytes[PAGE_SIZE - 1], 0xEE);
}

TEST(query)
{
	CHECK_EQ(call(SVSM_VTPM_QUERY, UINT64_MAX, 0), SVSM_SUCCESS);
	CHECK_EQ(buffer.reply.flags, MSG_SET_RCX | MSG_SET_RDX);
	CHECK_EQ(buffer.reply.rcx, 1 << 8);
	CHECK_EQ(buffer.reply.rdx, 0);
}

static const struct {
	const char *name;
	uint32_t call;
	uint32_t flags;
	uint64_t rcx;
	uint32_t result;
} others[] = {
	/* clang-format off */
	{ "no such call", 2, 0, GUEST_BASE, SVSM_ERR_UNSUPPORTED_CALL },
	{ "a guest asks for the manifest", MSG_CALL_MANIFEST, 0, 0, SVSM_ERR_UNSUPPORTED_CALL },
	{ "by name", SVSM_VTPM_CMD, MSG_BY_NAME, 0, SVSM_ERR_INVALID_PARAMETER },
	{ "a peer queries", SVSM_VTPM_QUERY, MSG_FROM_PEER, 0, SVSM_ERR_UNSUPPORTED_CALL },
	{ "a peer sends a command", SVSM_VTPM_CMD, MSG_FROM_PEER, GUEST_BASE,
	  SVSM_ERR_UNSUPPORTED_CALL },
	{ "the stub has no keys", MSG_CALL_MANIFEST, MSG_FROM_PEER, 0, SVSM_ERR_INVALID_REQUEST },
	{ "nor in version 1", MSG_CALL_MANIFEST, MSG_FROM_PEER, 1, SVSM_ERR_INVALID_REQUEST },
	{ "there is no version 2", MSG_CALL_MANIFEST, MSG_FROM_PEER, 2,
	  SVSM_ERR_INVALID_PARAMETER },
	/* clang-format on */
};

TEST(other_calls)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		ROW(others[i].name);
		CHECK_EQ(call(others[i].call, others[i].rcx, others[i].flags), others[i].result);
		CHECK_EQ(buffer.reply.flags, 0);
		CHECK_EQ(buffer.reply.payload_bytes, 0);
	}
}

UNIT_MAIN(CASE(commands), CASE(response_fills_the_page), CASE(nothing_stays_in_the_buffer),
	  CASE(page_that_takes_no_response), CASE(query), CASE(other_calls))
