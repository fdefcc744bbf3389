/*
 * The PSP after a launch: guest messages (publication 56860, chapter 7 and section 8.26) of one
 * guest. A pure state machine: all state is the caller's struct psp, which the caller serialises;
 * the same chip, guest and requests give the same responses, bit for bit.
 *
 * What it refuses, in which order and with which code follows the firmware that AMD publishes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/err.h"
#include "p384.h"
#include "snp/guest_msg.h"
#include "snp/launch.h"
#include "snp/secrets.h"

#define PSP_VMPCKS	 4
#define PSP_CHIP_BYTES	 64
#define PSP_SECRET_BYTES 48

#define PSP_REPORT_VERSION_MIN 2
#define PSP_REPORT_VERSION_FMS 3 /* family, model and stepping from here on */
#define PSP_REPORT_VERSION_MAX 5

/* The firmware it claims to be, which has had reports of all these versions, each in its time. */
#define PSP_API_MAJOR 1
#define PSP_API_MINOR 58
#define PSP_BUILD     1

/* Milan's TCB_VERSION. */
#define PSP_TCB(boot_loader, tee, snp, microcode)                                                  \
	((uint64_t)(boot_loader) | ((uint64_t)(tee) << 8) | ((uint64_t)(snp) << 48) |              \
	 ((uint64_t)(microcode) << 56))

/* The chip and its firmware. One TCB serves as current, committed, reported and launch TCB. */
struct psp_chip {
	uint8_t id[PSP_CHIP_BYTES];
	uint8_t secret[PSP_SECRET_BYTES]; /* every key and nonce comes from it */
	uint64_t tcb;
	uint32_t fms; /* CPUID Fn0000_0001 EAX */
	uint32_t report_version; /* 2..5 */
};

/* What LAUNCH_FINISH left of the guest. */
struct psp_guest {
	uint8_t vmpck[PSP_VMPCKS][VMPCK_BYTES];
	uint8_t measurement[LAUNCH_DIGEST_BYTES];
	uint8_t report_id[32];
	uint8_t vmrk[32];
	uint8_t host_data[32];
	uint64_t policy;
	/* From the ID block; all zeros without one. */
	bool has_id_block;
	bool has_author_key;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t guest_svn;
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48];
};

enum psp_cert {
	PSP_ARK, /* signs itself and the ASK */
	PSP_ASK, /* signs the VCEK */
	PSP_VCEK, /* signs reports */
	PSP_CERTS,
};

struct psp {
	struct psp_chip chip;
	struct psp_guest guest;
	uint64_t counts[PSP_VMPCKS]; /* messages so far, even */
	struct p384_key vcek;
	bool has_vcek; /* made when first needed: it takes a while */
};

struct psp_result {
	uint32_t firmware; /* PSP_*: EXITINFO2[31:0] */
	uint32_t status; /* PSP_*: the response's, when `firmware` is PSP_SUCCESS */
	uint8_t type; /* the request's, as its header says */
};

/* ERR_INVALID: a report version or chip that this PSP does not know. */
enum err psp_init(struct psp *psp, const struct psp_chip *chip, const struct psp_guest *guest);

/*
 * SNP_GUEST_REQUEST. Both are pages that nobody else changes meanwhile, and may be one. Unless
 * `firmware` is PSP_SUCCESS, the response and the message counts stay as they were.
 */
struct psp_result psp_request(struct psp *psp, const uint8_t request[PAGE_SIZE],
			      uint8_t response[PAGE_SIZE]);
