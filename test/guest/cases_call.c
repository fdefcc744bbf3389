/* Protocols and calls that are there or not, register-only calls, and the pending byte. */
#include "base/bits.h"
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "svsm.h"

#define CORE(call)	SVSM_CALL(SVSM_PROTOCOL_CORE, (call))
#define QUERY		CORE(SVSM_CORE_QUERY_PROTOCOL)
#define VTOM		CORE(SVSM_CORE_CONFIGURE_VTOM)
#define OTHER		UINT64_C(0x1122334455667788)
#define ABSENT_PROTOCOL UINT32_C(0x12345678)

static const struct {
	const char *name;
	uint64_t rax, rcx, rdx, r8;
	uint32_t want;
} refusals[] = {
	/* clang-format off */
	{ "protocol 1, call 2", SVSM_CALL(1, 2), OTHER, OTHER, OTHER, SVSM_ERR_UNSUPPORTED_CALL },
	{ "protocol 3", SVSM_CALL(3, 0), OTHER, OTHER, OTHER, SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "protocol 4, call 1", SVSM_CALL(4, 1), OTHER, 0, 0, SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "protocol of AMD's range", SVSM_CALL(0x80000000, 0), 0, 0, 0,
	  SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "protocol ffffffff", SVSM_CALL(UINT32_MAX, UINT32_MAX), OTHER, 0, 0,
	  SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "core call 8", CORE(8), OTHER, OTHER, OTHER, SVSM_ERR_UNSUPPORTED_CALL },
	{ "core call ffffffff", CORE(UINT32_MAX), OTHER, OTHER, OTHER, SVSM_ERR_UNSUPPORTED_CALL },
	{ "core call with bit 31", CORE(0x80000006), OTHER, 0, 0, SVSM_ERR_UNSUPPORTED_CALL },
	{ "VTOM query, bit 1", VTOM, BIT(0) | BIT(1), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM query, bit 63", VTOM, BIT(0) | BIT(63), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure", VTOM, BIT(1) | BIT(40), OTHER, OTHER, SVSM_ERR_INVALID_REQUEST },
	{ "VTOM configure, bit 5", VTOM, BIT(5), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure, bit 6", VTOM, BIT(6), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure, bit 7", VTOM, BIT(7), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure, bit 8", VTOM, BIT(8), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure, bit 9", VTOM, BIT(9), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure, bit 10", VTOM, BIT(10), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	{ "VTOM configure, bit 11", VTOM, BIT(11), OTHER, OTHER, SVSM_ERR_INVALID_FORMAT },
	/* clang-format on */
};

/* Calls that succeed with RCX as their output. */
static const struct {
	const char *name;
	uint64_t rax, rcx;
	uint64_t want_rcx;
} outputs[] = {
	/* clang-format off */
	{ "query core 1", QUERY, SVSM_PROTOCOL_VERSIONS(0, 1), SVSM_PROTOCOL_VERSIONS(1, 1) },
	{ "query core 0", QUERY, SVSM_PROTOCOL_VERSIONS(0, 0), 0 },
	{ "query core 2", QUERY, SVSM_PROTOCOL_VERSIONS(0, 2), 0 },
	{ "query attestation 1", QUERY, SVSM_PROTOCOL_VERSIONS(1, 1),
	  SVSM_PROTOCOL_VERSIONS(1, 1) },
	{ "query attestation 2", QUERY, SVSM_PROTOCOL_VERSIONS(1, 2), 0 },
	{ "query vTPM", QUERY, SVSM_PROTOCOL_VERSIONS(2, 1), SVSM_PROTOCOL_VERSIONS(1, 1) },
	{ "query vTPM 2", QUERY, SVSM_PROTOCOL_VERSIONS(2, 2), 0 },
	{ "query an absent protocol", QUERY, SVSM_PROTOCOL_VERSIONS(ABSENT_PROTOCOL, 1), 0 },
	{ "query with all bits", QUERY, UINT64_MAX, 0 },
	{ "VTOM query: not offered", VTOM, SVSM_VTOM_QUERY, 0 },
	/* clang-format on */
};

static void check_outputs(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(outputs); i++) {
		struct client_call call = {
			.rax = outputs[i].rax, .rcx = outputs[i].rcx, .rdx = 1, .r8 = 2, .r9 = 3};
		bool kept;

		if (svsm_call(&call) != SVSM_SUCCESS) {
			check_equal(outputs[i].name, call.rax, SVSM_SUCCESS);
			continue;
		}
		kept = call.rdx == 1 && call.r8 == 2 && call.r9 == 3;
		check_equal(outputs[i].name, kept ? call.rcx : UINT64_MAX, outputs[i].want_rcx);
	}
}

/* 0: nothing to do, no register is touched. Every other value but 1 is an error of format. */
static void check_pending(void)
{
	struct client_call call = {.rax = QUERY, .rcx = 1, .rdx = 2, .r8 = 3, .r9 = 4};
	uint64_t bad_value = 0;

	(void)svsm_call_pending(&call, 0);
	check_true("pending 0: nothing happens", call.rax == QUERY && call.rcx == 1 &&
							 call.rdx == 2 && call.r8 == 3 &&
							 call.r9 == 4);
	for (unsigned int pending = 2; pending <= UINT8_MAX; pending++) {
		call = (struct client_call){.rax = QUERY, .rcx = 1};
		if (svsm_call_pending(&call, (uint8_t)pending) != SVSM_ERR_INVALID_FORMAT ||
		    call.rcx != 1) {
			bad_value = pending;
		}
	}
	check_equal("pending 2 to 255: INVALID_FORMAT", bad_value, 0);
}

/* The rest of the calling area belongs to the guest: reserved bytes are to be ignored. */
static void check_area(void)
{
	struct svsm_caa *caa = svsm_client()->caa;
	struct client_call call = {.rax = QUERY, .rcx = 1};
	uint8_t kept = 0;

	for (unsigned int i = 0; i < sizeof(caa->reserved_03); i++) {
		caa->reserved_03[i] = 0xFF;
	}
	caa->buffer[0] = 0x5A;
	caa->buffer[sizeof(caa->buffer) - 1] = 0xA5;
	(void)svsm_call(&call);
	kept = caa->buffer[0] == 0x5A && caa->buffer[sizeof(caa->buffer) - 1] == 0xA5;
	check_true("calling area: reserved bytes ignored, buffer kept",
		   call.rax == SVSM_SUCCESS && call.rcx == SVSM_PROTOCOL_VERSIONS(1, 1) && kept);
	for (unsigned int i = 0; i < sizeof(caa->reserved_03); i++) {
		caa->reserved_03[i] = 0;
	}
}

void cases_call(void)
{
	check_subject(svsm_client()->ghcb != NULL ? "by event: " : "by MSR: ");
	check_outputs();
	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct client_call call = {.rax = refusals[i].rax,
					   .rcx = refusals[i].rcx,
					   .rdx = refusals[i].rdx,
					   .r8 = refusals[i].r8};

		check_call(refusals[i].name, call, refusals[i].want);
	}
	check_pending();
	check_area();
}
