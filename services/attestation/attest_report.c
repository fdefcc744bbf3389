/* The report of the PSP, and the certificates that the host keeps for it. */
#include "attestation/attestation.h"
#include "attestation/guest_msg.h"

#include "base/bits.h"
#include "base/mem.h"
#include "rt/service.h"
#include "rt/sys.h"

static union {
	struct guest_report_rsp report;
	uint8_t payload[GUEST_MSG_PAYLOAD_MAX];
} response; /* one call at a time is inside: the service is not re-entrant */

enum err attest_certificates_measure(const uint8_t page[4096], uint64_t pages, size_t *bytes)
{
	static const struct guest_cert_entry end;
	uint64_t most = 0;

	for (size_t at = 0; at + sizeof(end) <= PAGE_SIZE; at += sizeof(end)) {
		struct guest_cert_entry entry;
		uint64_t entry_end;

		memcpy(&entry, page + at, sizeof(entry));
		if (memcmp(&entry, &end, sizeof(end)) == 0) {
			uint64_t table = at + sizeof(end);

			/* No entries: no certificates. */
			*bytes = at == 0 ? 0 : (size_t)(most > table ? most : table);
			return ERR_OK;
		}
		entry_end = (uint64_t)entry.offset + entry.bytes;
		if (entry_end > pages * PAGE_SIZE) {
			return ERR_FORMAT;
		}
		most = entry_end > most ? entry_end : most;
	}
	return ERR_FORMAT;
}

/* Nothing vouches for what the host says here: a table that makes no sense is none. */
static size_t measure_certificates(const struct msg_buffer *buffer)
{
	uint64_t pages = 0;
	size_t bytes = 0;
	enum err err = sys_psp_certificates(0, SERVICE_SCRATCH, &pages);

	/* How many pages the host counts does not matter: those it did not write are zeros. */
	if (err == ERR_OK) {
		err = attest_certificates_measure(buffer->scratch, SYS_PSP_CERTIFICATE_PAGES,
						  &bytes);
	}
	return err == ERR_OK ? bytes : 0;
}

/* The answer is the PSP's; is it this report? */
static bool is_report(const struct guest_report_rsp *rsp, size_t bytes,
		      const struct guest_report_req *request)
{
	return bytes >= sizeof(*rsp) && rsp->status == 0 &&
	       rsp->report_bytes == sizeof(rsp->report) && rsp->report.vmpl == request->vmpl &&
	       memcmp(rsp->report.report_data, request->report_data,
		      sizeof(request->report_data)) == 0;
}

enum err attest_report_get(struct msg_buffer *buffer, const uint8_t report_data[SHA512_BYTES],
			   bool wants_certificates, struct attest_evidence *evidence)
{
	/* At VMPL0, signed by whatever key the PSP has. */
	struct guest_report_req request = {.vmpl = 0, .flags = 0};
	struct guest_msg_call call = {
		.buffer = buffer,
		.type = GUEST_MSG_REPORT_REQ,
		.request = &request,
		.request_bytes = sizeof(request),
		.response = &response,
		.response_bytes = sizeof(response),
		.has_certificates = wants_certificates,
	};

	memcpy(request.report_data, report_data, sizeof(request.report_data));
	if (guest_msg_exchange(&call) != ERR_OK ||
	    !is_report(&response.report, call.response_bytes, &request)) {
		return ERR_REQUEST;
	}
	evidence->report = &response.report.report;
	evidence->certificates_bytes = call.has_certificates ? measure_certificates(buffer) : 0;
	return ERR_OK;
}
