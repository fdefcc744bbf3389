/* Protocol 2: a TPM that nobody has started, its commands, and what is refused before it sees it.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "client/client.h"
#include "svsm.h"
#include "svsm/vtpm.h"

#define VTPM(call) SVSM_CALL(SVSM_PROTOCOL_VTPM, (call))

#define TPM_RC_INITIALIZE 0x100
#define TPM_NO_ANSWER	  0xFFFFFFFF

static union {
	uint8_t bytes[PAGE_SIZE];
	struct vtpm_request request;
	struct vtpm_response response;
} page ALIGNED(4096);

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7B, 0, 32};

static uint32_t be32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* Sends a TPM command; yields the TPM's response code. What answers INCOMPLETE is asked again. */
static uint32_t tpm(const uint8_t *command, size_t bytes)
{
	uint32_t result = SVSM_ERR_INCOMPLETE;
	enum err err = client_vtpm_pack(&page, command, bytes);

	while (err == ERR_AGAIN || (err == ERR_OK && result == SVSM_ERR_INCOMPLETE)) {
		err = client_vtpm_command(svsm_client(), (uintptr_t)&page, &result);
	}
	return err == ERR_OK && result == SVSM_SUCCESS ? be32(page.response.tpm_response + 6)
						       : TPM_NO_ANSWER;
}
#define TPM(command) tpm((command), sizeof(command))

static bool is_zero(const uint8_t *from, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		if (from[i] != 0) {
			return false;
		}
	}
	return true;
}

static void check_commands(void)
{
	static const uint8_t startup[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
	/* TPM2_PCR_Extend of PCR 16, empty password, one SHA-256 digest; TPM2_PCR_Read of it. */
	static const uint8_t extend[33 + 32] = {
		0x80, 0x02, 0, 0, 0, 65, 0, 0, 0x01, 0x82, 0, 0, 0, 16,	  0,	0,    0,
		9,    0x40, 0, 0, 9, 0,	 0, 0, 0,    0,	   0, 0, 0, 0x01, 0x00, 0x0B, 0xAA};
	static const uint8_t read[] = {0x80, 0x01, 0, 0,    0, 20,   0, 0, 0x01, 0x7E,
				       0,    0,	   0, 0x01, 0, 0x0B, 3, 0, 0,	 0x01};
	uint8_t random[32];

	check_equal("nobody has started it", TPM(get_random), TPM_RC_INITIALIZE);
	check_equal("TPM2_Startup", TPM(startup), 0);
	check_equal("TPM2_GetRandom", TPM(get_random), 0);
	memcpy(random, page.response.tpm_response + 12, sizeof(random));
	check_equal("TPM2_GetRandom again", TPM(get_random), 0);
	check_true("other numbers", memcmp(random, page.response.tpm_response + 12, 32) != 0);
	check_true("zeros behind the response",
		   page.response.bytes == 44 && is_zero(page.bytes + 48, PAGE_SIZE - 48));
	check_equal("TPM2_PCR_Read", TPM(read), 0);
	check_true("PCR 16 is zero", is_zero(page.response.tpm_response + 30, 32));
	check_equal("TPM2_PCR_Extend", TPM(extend), 0);
	check_equal("TPM2_PCR_Read again", TPM(read), 0);
	check_true("PCR 16 is extended", !is_zero(page.response.tpm_response + 30, 32));
	check_equal("no such command",
		    TPM(((const uint8_t[]){0x80, 0x01, 0, 0, 0, 10, 0x20, 0, 0, 0})), 0x143);
}

static void check_refusal(const char *name, uint64_t gpa, uint32_t want)
{
	struct client_call call = {.rax = VTPM(SVSM_VTPM_CMD), .rcx = gpa};

	check_call(name, call, want);
	(void)client_vtpm_pack(&page, get_random, sizeof(get_random));
}

static void check_refusals(void)
{
	uint64_t gpa = (uintptr_t)&page;

	(void)client_vtpm_pack(&page, get_random, sizeof(get_random));
	check_refusal("no page", 0, SVSM_ERR_INVALID_PARAMETER);
	check_refusal("not a page's start", gpa + 8, SVSM_ERR_INVALID_PARAMETER);
	check_refusal("a page of the SVSM", svsm_secrets()->svsm_base, SVSM_ERR_INVALID_ADDRESS);
	page.request.locality = 1;
	check_refusal("locality 1", gpa, SVSM_ERR_INVALID_PARAMETER);
	page.request.bytes++;
	check_refusal("sizes that differ", gpa, SVSM_ERR_INVALID_PARAMETER);
	page.request.bytes = sizeof(page.request.tpm_command) + 1;
	check_refusal("longer than a page", gpa, SVSM_ERR_INVALID_PARAMETER);
	page.request.bytes = 9;
	check_refusal("shorter than a header", gpa, SVSM_ERR_INVALID_PARAMETER);
	page.request.command = 1;
	check_refusal("another platform command", gpa, SVSM_ERR_UNSUPPORTED_CALL);
	check_call("no such call", (struct client_call){.rax = VTPM(2)}, SVSM_ERR_UNSUPPORTED_CALL);
	check_equal("then a good one", TPM(get_random), 0);
}

void cases_vtpm(void)
{
	uint64_t versions = 0;
	uint64_t commands = 0;
	uint32_t result = 0;

	check_subject("vtpm: ");
	if (client_query_protocol(svsm_client(), SVSM_PROTOCOL_VTPM, SVSM_VTPM_VERSION,
				  &versions) != ERR_OK ||
	    versions == 0) {
		check_skip("the TPM", "not in this image");
		return;
	}
	check_true("query", client_vtpm_query(svsm_client(), &commands, &result) == ERR_OK &&
				    result == SVSM_SUCCESS);
	check_equal("it takes TPM commands", commands, BIT(VTPM_TPM_SEND_COMMAND));
	if (tpm(get_random, sizeof(get_random)) == 0x101) {
		check_skip("TPM commands", "the image has the stub");
		return;
	}
	check_commands();
	check_refusals();
	cases_vtpm_smp();
}
