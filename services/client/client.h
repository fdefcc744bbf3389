/*
 * The guest's side of the SVSM calling convention (publication 58019, chapters 4 to 6): no
 * allocation, no libc, so that firmware, a bare-metal guest and a kernel module can use it alike.
 *
 * The caller keeps interrupts off around each call, owns the calling area, and is at the VMPL that
 * the secrets page names. One struct client per vCPU. What comes back from the host is not
 * believed: that the SVSM ran is shown by the pending byte alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "snp/ghcb.h"
#include "svsm/attest.h"
#include "svsm/core.h"
#include "svsm/protocol.h"
#include "svsm/vtpm.h"

/* The registers of a call. On return those that are no outputs are what they were. */
struct client_call {
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t r8;
	uint64_t r9;
};

/* What differs between a guest at work and a unit test. `context` is struct client's. */
struct client_ops {
	uint64_t (*ghcb_msr_read)(void *context);
	void (*ghcb_msr_write)(void *context, uint64_t value);
	/* Loads the registers, executes VMGEXIT, stores the registers. */
	void (*vmgexit)(void *context, struct client_call *call);
};

struct client {
	const struct client_ops *ops;
	void *context;
	struct svsm_caa *caa; /* mapped private */
	/* NULL: the GHCB MSR protocol; else the RUN_VMPL event by this GHCB, whose gPA is in the
	 * MSR. */
	struct ghcb *ghcb;
	uint32_t attempts; /* most times one call is made while it answers INCOMPLETE or BUSY */
};

/*
 * Makes a call until it is answered. ERR_HOST: the host did not run the SVSM, or says so;
 * ERR_AGAIN: `attempts` were used up, and call->rax has the last answer. With ERR_OK, call->rax is
 * the SVSM's result code, all 64 bits of it as they came.
 */
enum err client_call(struct client *client, struct client_call *call);

/* One attempt, whatever it answers. `pending` is what the pending byte is set to: 1 but in tests.
 */
enum err client_call_once(struct client *client, struct client_call *call, uint8_t pending);

/*
 * Protocol 0, typed. Each returns as client_call() does and stores the SVSM's result code through
 * `result`; outputs are written only when that is SVSM_SUCCESS.
 */

/* Versions that are served, highest << 32 | lowest, or 0. */
enum err client_query_protocol(struct client *client, uint32_t protocol, uint32_t version,
			       uint64_t *versions);

/* On success later calls use the new area, which is mapped at `caa`. */
enum err client_remap_ca(struct client *client, uint64_t caa_gpa, struct svsm_caa *caa,
			 uint32_t *result);

/* The list lies at list_gpa; its `next` tells how far it came. */
enum err client_pvalidate(struct client *client, uint64_t list_gpa, uint32_t *result);

/* A list of one entry, written into the calling area (whose gPA is caa_gpa). */
enum err client_pvalidate_one(struct client *client, uint64_t caa_gpa, uint64_t entry,
			      uint32_t *result);

enum err client_create_vcpu(struct client *client, uint64_t vmsa_gpa, uint64_t caa_gpa,
			    uint32_t apic_id, uint32_t *result);
enum err client_delete_vcpu(struct client *client, uint64_t vmsa_gpa, uint32_t *result);

/* Bytes of what attestation gives, or needs. */
struct client_attest_lengths {
	uint64_t manifest;
	uint64_t certificates;
	uint64_t report;
};

/*
 * Protocol 1: SVSM_ATTEST_SERVICES or SVSM_ATTEST_SINGLE_SERVICE, whose operation structure
 * (svsm/attest.h) lies at operation_gpa. With SVSM_SUCCESS `lengths` are what was written to its
 * buffers; with SVSM_ERR_INVALID_PARAMETER what they have to have, or all zero when it is not
 * their size that was wrong. ERR_AGAIN: as below.
 */
enum err client_attest(struct client *client, uint32_t which, uint64_t operation_gpa,
		       struct client_attest_lengths *lengths, uint32_t *result);

/*
 * Protocol 2, typed. A TPM command may take many attempts, on one CPU: with ERR_AGAIN, `result` has
 * the last answer, SVSM_ERR_INCOMPLETE or SVSM_ERR_BUSY, and the same call is to be made again, so
 * that a guest with small `attempts` can do something else meanwhile.
 */

/* The platform commands that are served, as a bitmap. */
enum err client_vtpm_query(struct client *client, uint64_t *commands, uint32_t *result);

/* Performs the request in the private page at page_gpa; the response replaces it. */
enum err client_vtpm_command(struct client *client, uint64_t page_gpa, uint32_t *result);

/* Fills a page with a TPM command of locality 0. ERR_NOSPC: it is longer than a page takes. */
enum err client_vtpm_pack(void *page, const void *command, size_t bytes);

/*
 * Copies the TPM's response out of a page. ERR_FORMAT: it cannot be as long as it says; ERR_NOSPC:
 * it is longer than `capacity`.
 */
enum err client_vtpm_unpack(const void *page, void *response, size_t capacity, size_t *bytes);
