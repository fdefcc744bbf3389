/*
 * The attestation service and the simulator's PSP, which is AMD's firmware by its published rules
 * and shares no code with the service: they understand each other, and what one holds against the
 * other ends the channel.
 */
#include "psp.h"

#include <string.h>

#include "attest_world.h"
#include "base/bits.h"
#include "svsm/protocol.h"
#include "unit.h"

#define OPERATION (WORLD_BASE + 8)
#define REPORT	  (WORLD_BASE + 2 * PAGE_SIZE)

static struct attest_world world;
static struct psp psp;
static struct rt_answer (*world_answer)(void *context, const struct posix_syscall *call);
static uint32_t firmware; /* what the PSP answered last */
static uint8_t sent[PAGE_SIZE];

/* SYS_PSP is the model's; the rest of the kernel is the world's. */
static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	uint8_t *page = (uint8_t *)&world.buffer + call->a;
	uint8_t response[PAGE_SIZE] = {0};

	if (call->number != SYS_PSP) {
		return world_answer(context, call);
	}
	memcpy(sent, page, sizeof(sent));
	firmware = psp_request(&psp, page, response).firmware;
	memcpy(page, response, sizeof(response));
	return (struct rt_answer){.err = ERR_OK, .value = firmware};
}

static void start(uint32_t report_version)
{
	struct psp_chip chip = {.tcb = PSP_TCB(4, 0, 22, 213), .report_version = report_version};
	struct psp_guest guest = {.policy = POLICY_DEFAULT};

	attest_world_start(&world);
	world_answer = world.posix.answer;
	world.posix.answer = answer;
	memset(chip.secret, 0x11, sizeof(chip.secret));
	memset(chip.id, 0x22, sizeof(chip.id));
	chip.fms = 0xa00f11;
	for (size_t i = 0; i < PSP_VMPCKS; i++) {
		memset(guest.vmpck[i], 0x30 + (int)i, VMPCK_BYTES);
	}
	memset(guest.measurement, 0x44, sizeof(guest.measurement));
	CHECK_EQ(psp_init(&psp, &chip, &guest), ERR_OK);
	memcpy(world.psp.key, guest.vmpck[0], VMPCK_BYTES);
	CHECK_EQ(posix_init(&world.posix), ERR_OK);
}

static uint32_t attest(void)
{
	static const struct svsm_attest_services operation = {
		.report_gpa = REPORT,
		.report_bytes = PAGE_SIZE,
		.nonce_gpa = WORLD_BASE + 0x100,
		.nonce_bytes = SVSM_ATTEST_NONCE_BYTES,
		.manifest_gpa = WORLD_BASE + 4 * PAGE_SIZE,
		.manifest_bytes = PAGE_SIZE,
	};

	memcpy(world.guest + (OPERATION - WORLD_BASE), &operation, sizeof(operation));
	firmware = UINT32_MAX;
	return attest_world_call(&world, SVSM_ATTEST_SERVICES, OPERATION)->result;
}

static void check_report(uint32_t version)
{
	const struct guest_report *report =
		(const struct guest_report *)(world.guest + (REPORT - WORLD_BASE));
	struct guest_report_req asked = {.vmpl = 0};

	CHECK_EQ(report->version, version);
	CHECK_EQ(report->vmpl, 0);
	CHECK_EQ(report->signature_algo, GUEST_REPORT_SIGN_P384);
	CHECK_EQ(report->measurement[0], 0x44);
	CHECK(memcmp(report->report_data, asked.report_data, sizeof(asked.report_data)) != 0);
}

TEST(reports)
{
	static const char *const names[] = {"version 2", "version 3", "version 4", "version 5"};

	for (uint32_t version = 2; version <= 5; version++) {
		ROW(names[version - 2]);
		start(version);
		for (unsigned int i = 1; i <= 2; i++) {
			CHECK_EQ(attest(), SVSM_SUCCESS);
			CHECK_EQ(firmware, PSP_SUCCESS);
			CHECK_EQ(psp.counts[0], 2 * i);
			CHECK_EQ(psp.counts[1], 0);
			check_report(version);
		}
	}
}

/* Refused by the firmware without an answer, and then nothing is asked any more. */
static void check_closed(uint32_t want)
{
	CHECK_EQ(attest(), SVSM_ERR_INVALID_REQUEST);
	CHECK_EQ(firmware, want);
	CHECK_EQ(attest(), SVSM_ERR_INVALID_REQUEST);
	CHECK_EQ(firmware, UINT32_MAX);
}

TEST(other_key)
{
	start(2);
	psp.guest.vmpck[0][31] ^= 1;
	check_closed(PSP_BAD_MEASUREMENT);
}

TEST(psp_has_counted_on)
{
	start(2);
	CHECK_EQ(attest(), SVSM_SUCCESS);
	psp.counts[0] += 2;
	check_closed(PSP_AEAD_OFLOW);
}

/* The host sends a message a second time by itself: the firmware's count is what stops it. */
TEST(host_repeats_the_request)
{
	uint8_t request[PAGE_SIZE];
	uint8_t response[PAGE_SIZE];

	start(2);
	CHECK_EQ(attest(), SVSM_SUCCESS);
	memcpy(request, sent, sizeof(request));
	CHECK_EQ(psp_request(&psp, request, response).firmware, PSP_AEAD_OFLOW);
	CHECK_EQ(attest(), SVSM_SUCCESS);
}

UNIT_MAIN(CASE(reports), CASE(other_key), CASE(psp_has_counted_on), CASE(host_repeats_the_request))
