/*
 * The PSP and the host before it, as the attestation service sees them: answers requests for
 * reports, and misbehaves where it is told to. It checks what must hold of every message it is
 * sent: well formed, under the key, and no sequence number ever for two messages.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snp/guest_msg.h"

#define FAKE_PAGE_BYTES 4096
#define FAKE_CERT_PAGES 6 /* more than the SVSM has room for */

enum fake_psp_deed {
	FAKE_PSP_ANSWERS,
	/* An answer that is not to be believed. */
	FAKE_PSP_TAG,
	FAKE_PSP_PAYLOAD,
	FAKE_PSP_SEQUENCE,
	FAKE_PSP_REPLAY, /* of its first answer */
	FAKE_PSP_ECHO, /* the request itself */
	FAKE_PSP_ZEROS,
	FAKE_PSP_ALGORITHM,
	FAKE_PSP_HEADER_VERSION,
	FAKE_PSP_HEADER_BYTES,
	FAKE_PSP_TYPE, /* well sealed, but the answer to something else */
	FAKE_PSP_VERSION,
	FAKE_PSP_VMPCK,
	FAKE_PSP_TRUNCATED, /* the header says less than was sealed */
	FAKE_PSP_TOO_LONG,
	FAKE_PSP_RESERVED,
	FAKE_PSP_OTHER_KEY,
	/* Errors of firmware and host. */
	FAKE_PSP_FIRMWARE_ERROR,
	FAKE_PSP_HOST_ERROR,
	FAKE_PSP_INVALID_LEN, /* although no certificates were asked for */
	FAKE_PSP_BOTH_ERRORS, /* busy, and an error of the firmware */
	FAKE_PSP_NO_CALL, /* the kernel could not ask */
	/* True answers, to be refused without harm to the channel. */
	FAKE_PSP_STATUS,
	FAKE_PSP_SHORT, /* the status alone */
	FAKE_PSP_REPORT_BYTES,
	FAKE_PSP_REPORT_VMPL,
	FAKE_PSP_REPORT_DATA,
	FAKE_PSP_DEEDS
};

struct fake_psp {
	uint8_t key[32];
	enum fake_psp_deed deed;
	unsigned int busy; /* so many times first */
	bool kernel_busy; /* it is the kernel that says so */
	bool wants_pages; /* more pages than are offered, for the certificates */
	uint64_t pages_offered; /* last time */
	uint8_t certificates[FAKE_CERT_PAGES * FAKE_PAGE_BYTES];
	uint64_t certificate_pages; /* the host has */

	struct guest_report_req asked; /* last request that was answered */
	uint64_t sequence; /* next one the PSP takes */
	unsigned int sent; /* messages that left the SVSM, with repetitions */
	unsigned int answered;
	bool has_sent;
	uint8_t last[FAKE_PAGE_BYTES]; /* the last message that left the SVSM */
	uint8_t first_answer[FAKE_PAGE_BYTES];
	bool reused; /* two messages with one sequence number have left */
	bool misused; /* a request that the PSP does not take */
};

void fake_psp_start(struct fake_psp *psp);

/* SYS_PSP: the message at `page` is replaced by the answer. Returns enum err. */
uint64_t fake_psp_request(struct fake_psp *psp, uint8_t page[FAKE_PAGE_BYTES], uint64_t pages,
			  uint64_t *status);

/* SYS_PSP_CERTIFICATES. */
uint64_t fake_psp_certificates(const struct fake_psp *psp, uint64_t index,
			       uint8_t page[FAKE_PAGE_BYTES], uint64_t *pages);

/* The report that is given, but for what the request determines. */
void fake_psp_report(const struct guest_report_req *request, struct guest_report *report);
