/*
 * What call.fd is told to do. tools/cli/calling.py finds the magic in the image, and writes a
 * struct call_step for each call behind it, its request right after and up to a multiple of eight.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "svsm/keel.h"

#define CALL_MAGIC	 "keel call script"
#define CALL_MAGIC_BYTES 16
#define CALL_STEPS_BYTES 16384

enum call_kind {
	CALL_END,
	CALL_BY_NAME,
	CALL_ATTEST, /* all services; the request is the nonce, SVSM_ATTEST_NONCE_BYTES */
};

struct call_step {
	uint32_t kind; /* enum call_kind */
	uint32_t call;
	uint32_t version; /* 0: the highest that the service names */
	uint32_t request_bytes; /* at most SVSM_KEEL_BYTES_MAX */
	char name[SVSM_KEEL_NAME_BYTES];
};
ABI_SIZE(struct call_step, 32);

struct call_script {
	char magic[CALL_MAGIC_BYTES];
	uint8_t steps[CALL_STEPS_BYTES];
};
