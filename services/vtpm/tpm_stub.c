/*
 * No TPM: for images without the libraries. A guest finds the protocol, and a TPM that is in
 * failure mode. There are no keys to vouch for.
 */
#include "tpm.h"

void tpm_start(struct msg_buffer *buffer)
{
	(void)buffer;
}

void tpm_execute(struct msg_buffer *buffer, struct vtpm_request *request,
		 struct vtpm_response *response)
{
	(void)buffer;
	(void)request;
	tpm_refuse(response);
}

enum err tpm_manifest(struct msg_buffer *buffer, uint64_t version, struct wrbuf *out)
{
	(void)buffer;
	(void)out;
	return version <= TPM_MANIFEST_LAST ? ERR_REQUEST : ERR_INVALID;
}
