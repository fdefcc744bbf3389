/* What a TPM in failure mode says to any command. */
#include "base/mem.h"
#include "tpm.h"

void tpm_refuse(struct vtpm_response *response)
{
	/* TPM_ST_NO_SESSIONS, 10 bytes, TPM_RC_FAILURE. */
	static const uint8_t refusal[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x01};

	memset(response, 0, sizeof(*response));
	memcpy(response->tpm_response, refusal, sizeof(refusal));
	response->bytes = sizeof(refusal);
}
