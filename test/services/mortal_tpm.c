/*
 * The vTPM, made to die: TPM2_StirRandom faults instead of being executed. The linker puts this in
 * front of the real tpm_execute().
 */
#include "vtpm/tpm.h"

#define COMMAND_CODE_OFFSET 6 /* a TPM command: tag, size, code */
#define TPM2_STIR_RANDOM    UINT32_C(0x146)

void __real_tpm_execute(struct msg_buffer *buffer, struct vtpm_request *request,
			struct vtpm_response *response);
void __wrap_tpm_execute(struct msg_buffer *buffer, struct vtpm_request *request,
			struct vtpm_response *response);

void __wrap_tpm_execute(struct msg_buffer *buffer, struct vtpm_request *request,
			struct vtpm_response *response)
{
	const uint8_t *code = request->tpm_command + COMMAND_CODE_OFFSET;

	if ((code[2] << 8 | code[3]) == TPM2_STIR_RANDOM) {
		__builtin_trap();
	}
	__real_tpm_execute(buffer, request, response);
}
