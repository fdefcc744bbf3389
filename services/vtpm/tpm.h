/*
 * The TPM behind the protocol: a real one (tpm_libtpms.c) or the stub (tpm_stub.c). One command at
 * a time; `buffer` is the one that this service was called with. Both calls may take long, and
 * yield to the guest meanwhile.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "msg/msg.h"
#include "svsm/vtpm.h"

#define TPM_MANIFEST_EK	  0
#define TPM_MANIFEST_KEYS 1
#define TPM_MANIFEST_LAST TPM_MANIFEST_KEYS

/* At the start of the service, when `buffer` holds no request. */
void tpm_start(struct msg_buffer *buffer);

/*
 * Executes the TPM command of a request, which is this service's own copy and has been decoded.
 * `response` arrives zeroed and always gets a response: TPM_RC_FAILURE when the TPM cannot answer.
 */
void tpm_execute(struct msg_buffer *buffer, struct vtpm_request *request,
		 struct vtpm_response *response);

/*
 * The manifest (docs/vtpm.md): TPM_MANIFEST_EK the RSA endorsement key as
 * TPMT_PUBLIC, TPM_MANIFEST_KEYS all keys in CBOR.
 * ERR_INVALID: no such version. ERR_REQUEST: there are no keys, the TPM is in failure mode.
 */
enum err tpm_manifest(struct msg_buffer *buffer, uint64_t version, struct wrbuf *out);

/* What a TPM in failure mode answers. */
void tpm_refuse(struct vtpm_response *response);
