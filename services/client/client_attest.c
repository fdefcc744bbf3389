/* Protocol 1, typed. */
#include "client/client.h"

/* No length that an SVSM could mean: what it leaves in a register tells that it set none. */
#define NOT_SET UINT64_MAX

enum err client_attest(struct client *client, uint32_t which, uint64_t operation_gpa,
		       struct client_attest_lengths *lengths, uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_ATTEST, which),
		.rcx = operation_gpa,
		.rdx = NOT_SET,
		.r8 = NOT_SET,
	};
	enum err err = client_call(client, &call);

	if (err != ERR_OK && err != ERR_AGAIN) {
		return err;
	}
	*result = (uint32_t)call.rax;
	*lengths = (struct client_attest_lengths){0};
	if (err == ERR_OK && call.r8 != NOT_SET && call.rdx != NOT_SET) {
		*lengths = (struct client_attest_lengths){call.rcx, call.rdx, call.r8};
	}
	return err;
}
