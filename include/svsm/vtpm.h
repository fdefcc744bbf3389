/* Protocol 2, version 1: the virtual TPM (publication 58019, chapter 8). */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "base/compiler.h"

#define SVSM_VTPM_VERSION 1

#define SVSM_VTPM_QUERY 0 /* out RCX: bitmap of platform commands, RDX: features */
#define SVSM_VTPM_CMD	1 /* RCX: gPA of a one-page buffer, overwritten by the response */

/* c476f1eb-0123-45a5-9641-b4e7dde5bfe3: the vTPM in attestation's table, as bytes there. */
#define SVSM_VTPM_GUID                                                                             \
	{                                                                                          \
		0xEB, 0xF1, 0x76, 0xC4, 0x23, 0x01, 0xA5, 0x45, 0x96, 0x41, 0xB4, 0xE7, 0xDD,      \
			0xE5, 0xBF, 0xE3                                                           \
	}

/* Platform commands, numbered as in the TCG's reference simulator. */
#define VTPM_TPM_SEND_COMMAND 8

struct vtpm_request {
	uint32_t command;
	uint8_t locality;
	uint32_t bytes;
	uint8_t tpm_command[4096 - 9];
} PACKED;
ABI_SIZE(struct vtpm_request, 4096);
ABI_OFFSET(struct vtpm_request, bytes, 5);

struct vtpm_response {
	uint32_t bytes;
	uint8_t tpm_response[4096 - 4];
};
ABI_SIZE(struct vtpm_response, 4096);
