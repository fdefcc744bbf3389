/*
 * The attestation service, protocol 1 (publication 58019, chapter 7): one file per concern behind
 * this header.
 *
 * It holds VMPCK0 and the sequence number that goes with it, so it is not re-entrant and stays down
 * when it dies. Its buffers are static for the same reason: one call at a time is inside.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/crypto/sha2.h"
#include "msg/msg.h"
#include "msg/sys.h"
#include "snp/guest_msg.h"
#include "svsm/attest.h"

/* A buffer of the guest's: page aligned, does not wrap. Whether it is the guest's, copies tell. */
struct attest_buffer {
	uint64_t gpa;
	uint32_t bytes;
};

/* What a call asks for. */
struct attest_args {
	struct attest_buffer report;
	struct attest_buffer manifest;
	struct attest_buffer certificates; /* 0 bytes: none wanted */
	uint64_t nonce_gpa; /* SVSM_ATTEST_NONCE_BYTES, within a page */
	bool is_single;
	uint8_t guid[SYS_GUID_BYTES]; /* of the single service */
	uint32_t manifest_version;
};

/* Pure. How many bytes are to be read at this gPA: the operation structure, within one page. */
enum err attest_decode_place(uint32_t call, uint64_t gpa, size_t *bytes);

/* Pure. The operation structure; of SVSM_ATTEST_SERVICES it is the first part. */
enum err attest_decode(uint32_t call, const struct svsm_attest_single_service *operation,
		       struct attest_args *args);

/* The binary table of all services, in attest_manifest.c, or what one service says of itself. */
struct attest_manifest {
	const uint8_t *data; /* this module's, until the next call */
	size_t bytes;
};

/* Pure. All services, in the order given, as docs/cddl/services-manifest.cddl has it. */
void attest_cbor_put(const struct sys_service *services, size_t count, struct wrbuf *out);

/* The most that takes of one service. */
#define ATTEST_CBOR_SERVICE_MAX 128

/*
 * The most a manifest can have. Whatever the services answer fits: each at most a message's
 * payload, and its entry.
 */
#define ATTEST_MANIFEST_MAX (14 * 4096)

/*
 * Asks the services. The result is the guest's: a service or a version that there is not has codes
 * of its own. May yield.
 */
uint32_t attest_manifest_make(struct msg_buffer *buffer, const struct attest_args *args,
			      struct attest_manifest *manifest);

/* What the PSP gave. */
struct attest_evidence {
	const struct guest_report *report; /* this module's, until the next call */
	size_t certificates_bytes; /* of the host's table, for sys_psp_certificates(); 0: none */
};

/*
 * A report at VMPL0 with this REPORT_DATA. ERR_REQUEST: the PSP refused, or can no longer be asked.
 * May yield.
 */
enum err attest_report_get(struct msg_buffer *buffer, const uint8_t report_data[SHA512_BYTES],
			   bool wants_certificates, struct attest_evidence *evidence);

/*
 * Pure. Bytes of a host's certificate table, whose first page this is, and of the certificates; it
 * gave so many pages. ERR_FORMAT: no end, or an entry outside of them.
 */
enum err attest_certificates_measure(const uint8_t page[4096], uint64_t pages, size_t *bytes);

/*
 * To be called between pieces of work: yields when time is up. The guest may have changed its
 * memory after.
 */
enum err attest_pause(void);
