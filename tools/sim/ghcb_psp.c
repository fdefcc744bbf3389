/*
 * Guest requests, as the VMM sees them: two shared pages and, for certificates, some more. What is
 * in the pages is between the guest and the PSP; only the type of the message is in the clear.
 */
#include "base/bits.h"
#include "base/mem.h"
#include "ghcb.h"
#include "host.h"
#include "log.h"
#include "params.h"
#include "platform.h"
#include "snp/guest_msg.h"
#include "stats.h"

#define CERT_PAGES 1

/* The guest may change its pages at any time. */
static uint8_t request[PAGE_SIZE];
static uint8_t response[PAGE_SIZE];

static void refuse(struct ghcb_call *call, const char *what, uint64_t gpa)
{
	log_line("refused: VMPL%u's guest request: %s at gpa 0x%lx", call->context->vmpl, what,
		 gpa);
	ghcb_malformed(call, GHCB_BAD_INPUT);
}

static void answer_vmm(struct ghcb_call *call, uint8_t type, uint32_t code)
{
	stats_guest_request(type, STATS_ANSWER_VMM, code);
	ghcb_result(call, GHCB_RESULT_OK, (uint64_t)code << 32);
}

/* Each request is put off so many times before the PSP sees it. */
static bool is_busy(void)
{
	static uint32_t put_off;

	if (put_off == params.psp_busy) {
		put_off = 0;
		return false;
	}
	put_off++;
	return true;
}

/*
 * The certificates go with report requests only, before the PSP is asked; false: the call has been
 * answered. A host without certificates gives an empty table, as KVM.
 */
static bool give_certs(struct ghcb_call *call)
{
	static const struct guest_cert_entry end;
	uint64_t gpa = call->request.rax;
	void *page;

	if (!is_aligned(gpa, PAGE_SIZE)) {
		refuse(call, "certificates", gpa);
		return false;
	}
	if (call->request.rbx < CERT_PAGES && params.certs) {
		GHCB_SET(call, rbx, CERT_PAGES);
		answer_vmm(call, GUEST_MSG_REPORT_REQ, GUEST_REQUEST_INVALID_LEN);
		return false;
	}
	if (call->request.rbx == 0) {
		return true;
	}
	page = host_shared(gpa, PAGE_SIZE);
	if (page == NULL) {
		refuse(call, "no shared page for certificates", gpa);
		return false;
	}
	if (params.certs) {
		memcpy(page, platform_certs(), PAGE_SIZE);
	} else {
		memcpy(page, &end, sizeof(end));
	}
	return true;
}

/* A host that wants to see whether the guest notices. */
static void forge(void)
{
	static uint32_t responses;

	if (params.psp_forge != 0 && ++responses == params.psp_forge) {
		response[PAGE_SIZE / 8] ^= 1;
		log_line("host: changes response %u of the PSP", responses);
	}
}

static void ask_psp(struct ghcb_call *call, void *response_page)
{
	struct psp_result result = platform_request(request, response);

	if (result.firmware == PSP_SUCCESS) {
		forge();
		memcpy(response_page, response, PAGE_SIZE);
		stats_guest_request(result.type, STATS_ANSWER_STATUS, result.status);
	} else {
		log_line("refused: the PSP says 0x%x to a message of type %u by VMPL%u",
			 result.firmware, (unsigned int)result.type, call->context->vmpl);
		stats_guest_request(result.type, STATS_ANSWER_FIRMWARE, result.firmware);
	}
	ghcb_result(call, GHCB_RESULT_OK, result.firmware);
}

void ghcb_guest_request(struct ghcb_call *call, bool is_extended)
{
	const void *request_page = host_shared(call->request.info_1, PAGE_SIZE);
	void *response_page = host_shared(call->request.info_2, PAGE_SIZE);
	uint8_t type;

	if (request_page == NULL || response_page == NULL) {
		refuse(call, "no shared page",
		       request_page == NULL ? call->request.info_1 : call->request.info_2);
		return;
	}
	memcpy(request, request_page, sizeof(request));
	type = request[offsetof(struct guest_msg_header, type)];
	if (is_busy()) {
		answer_vmm(call, type, GUEST_REQUEST_BUSY);
		return;
	}
	if (is_extended && type == GUEST_MSG_REPORT_REQ && !give_certs(call)) {
		return;
	}
	ask_psp(call, response_page);
}
