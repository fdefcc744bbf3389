/* Both calls of protocol 1: they differ in the manifest alone. */
#include "attestation/attestation.h"

#include "attestation/guest_msg.h"
#include "base/bits.h"
#include "base/mem.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "svsm/protocol.h"
#include "svsm/result.h"

#define REPORT_BYTES sizeof(struct guest_report)

/* What the guest asked, as it was copied. */
struct question {
	struct svsm_attest_single_service operation;
	uint8_t nonce[SVSM_ATTEST_NONCE_BYTES];
};

/* What one call has come to know. */
struct attestation {
	struct question question;
	struct attest_args args;
	struct attest_manifest manifest;
	struct attest_evidence evidence;
};

enum err service_init(void)
{
	return guest_msg_open(service_init_buffer());
}

/* The kernel reports a fault while copying apart; to a guest both are an address it got wrong. */
static enum err address_error(enum err err)
{
	return err == ERR_FAULT ? ERR_ADDRESS : err;
}

/* Copied once for all that follows: the guest's other vCPUs may write it meanwhile. */
static enum err read_question(struct msg_buffer *buffer, struct question *question,
			      struct attest_args *args)
{
	const struct msg_header *request = &buffer->request;
	size_t bytes = 0;
	enum err err = attest_decode_place(request->call, request->rcx, &bytes);

	if (err == ERR_OK) {
		err = sys_copy_from_guest(request->rcx, SERVICE_SCRATCH, bytes);
	}
	if (err == ERR_OK) {
		memcpy(&question->operation, buffer->scratch, bytes);
		err = attest_decode(request->call, &question->operation, args);
	}
	if (err == ERR_OK) {
		err = sys_copy_from_guest(args->nonce_gpa, SERVICE_SCRATCH,
					  sizeof(question->nonce));
	}
	if (err == ERR_OK) {
		memcpy(question->nonce, buffer->scratch, sizeof(question->nonce));
	}
	return address_error(err);
}

/*
 * This service has yielded since, and the guest may have given its call up: the host can make it.
 * The same registers then are another question, and the old buffers are in other use.
 */
static enum err check_still_asked(struct msg_buffer *buffer, const struct question *question)
{
	struct question now = {0};
	struct attest_args args;
	enum err err = read_question(buffer, &now, &args);

	return err == ERR_OK && memcmp(&now, question, sizeof(now)) == 0 ? ERR_OK : ERR_BUSY;
}

/* All three, whatever fits: a guest takes what is in these registers for the lengths. */
static void set_lengths(struct msg_header *reply, const struct attestation *call,
			uint64_t certificates_bytes)
{
	reply->rcx = call->manifest.bytes;
	reply->rdx = certificates_bytes;
	reply->r8 = REPORT_BYTES;
	reply->flags = MSG_SET_RCX | MSG_SET_RDX | MSG_SET_R8;
}

static enum err get_report(struct msg_buffer *buffer, struct attestation *call)
{
	uint8_t report_data[SHA512_BYTES];
	enum err err;

	sha2_512(call->question.nonce, sizeof(call->question.nonce), call->manifest.data,
		 call->manifest.bytes, report_data);
	err = attest_pause();
	if (err == ERR_OK) {
		err = attest_report_get(buffer, report_data, call->args.certificates.bytes != 0,
					&call->evidence);
	}
	return err == ERR_OK ? attest_pause() : err;
}

static enum err write_memory(struct msg_buffer *buffer, uint64_t gpa, const void *data,
			     size_t bytes)
{
	enum err err = ERR_OK;

	for (size_t at = 0; at < bytes && err == ERR_OK; at += PAGE_SIZE) {
		size_t part = bytes - at < PAGE_SIZE ? bytes - at : PAGE_SIZE;

		memcpy(buffer->scratch, (const uint8_t *)data + at, part);
		err = sys_copy_to_guest(gpa + at, SERVICE_SCRATCH, part);
	}
	return err;
}

static enum err write_certificates(const struct attestation *call)
{
	size_t bytes = call->evidence.certificates_bytes;
	enum err err = ERR_OK;

	for (size_t at = 0; at < bytes && err == ERR_OK; at += PAGE_SIZE) {
		size_t part = bytes - at < PAGE_SIZE ? bytes - at : PAGE_SIZE;
		uint64_t pages;

		err = sys_psp_certificates(at / PAGE_SIZE, SERVICE_SCRATCH, &pages);
		if (err == ERR_OK) {
			err = sys_copy_to_guest(call->args.certificates.gpa + at, SERVICE_SCRATCH,
						part);
		}
	}
	return err;
}

static enum err write_results(struct msg_buffer *buffer, const struct attestation *call)
{
	enum err err =
		write_memory(buffer, call->args.report.gpa, call->evidence.report, REPORT_BYTES);

	if (err == ERR_OK) {
		err = write_memory(buffer, call->args.manifest.gpa, call->manifest.data,
				   call->manifest.bytes);
	}
	if (err == ERR_OK) {
		err = write_certificates(call);
	}
	return address_error(err);
}

/* From the manifest on. The PSP is not asked for what has no room. */
static enum err attest(struct msg_buffer *buffer, struct msg_header *reply,
		       struct attestation *call)
{
	const struct attest_args *args = &call->args;
	enum err err;

	if (call->manifest.bytes > args->manifest.bytes || REPORT_BYTES > args->report.bytes) {
		/* What certificates need is not known yet: let the guest keep its buffer. */
		set_lengths(reply, call, args->certificates.bytes);
		return ERR_NOSPC;
	}
	err = get_report(buffer, call);
	if (err == ERR_OK) {
		err = check_still_asked(buffer, &call->question);
	}
	if (err != ERR_OK) {
		return err;
	}
	if (call->evidence.certificates_bytes > args->certificates.bytes) {
		err = ERR_NOSPC;
	} else {
		err = write_results(buffer, call);
	}
	if (err == ERR_OK || err == ERR_NOSPC) {
		set_lengths(reply, call, call->evidence.certificates_bytes);
	}
	return err;
}

static void attest_call(struct msg_header *reply)
{
	struct msg_buffer *buffer = service_buffer(reply);
	struct attestation call = {0};
	enum err err = read_question(buffer, &call.question, &call.args);

	if (err != ERR_OK) {
		reply->result = svsm_result(err);
		return;
	}
	reply->result = attest_manifest_make(buffer, &call.args, &call.manifest);
	if (reply->result == SVSM_SUCCESS) {
		reply->result = svsm_result(attest(buffer, reply, &call));
	}
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	if (request->protocol != SVSM_PROTOCOL_ATTEST) {
		reply->result = SVSM_ERR_UNSUPPORTED_PROTOCOL;
		return;
	}
	/* The buffers are a guest's; another service, or a message, brings none. */
	if ((request->flags & (MSG_FROM_PEER | MSG_BY_NAME)) != 0) {
		reply->result = SVSM_ERR_INVALID_REQUEST;
		return;
	}
	if (request->call != SVSM_ATTEST_SERVICES && request->call != SVSM_ATTEST_SINGLE_SERVICE) {
		reply->result = SVSM_ERR_UNSUPPORTED_CALL;
		return;
	}
	attest_call(reply);
}
