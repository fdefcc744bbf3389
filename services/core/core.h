/*
 * The core service, protocol 0 (publication 58019, chapter 6): one file per operation behind this
 * header. It keeps no state: all state of pages and vCPUs is the kernel's, asked for by system
 * calls.
 *
 * Every call is a pure x_decode(), which may refuse its input and is all that reads it, and the
 * system calls that follow. Reserved bits give INVALID_FORMAT, values out of range or misaligned
 * INVALID_PARAMETER.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "msg/msg.h"
#include "svsm/core.h"

void core_remap_ca(const struct msg_header *request, struct msg_header *reply);
void core_pvalidate(const struct msg_header *request, struct msg_header *reply);
void core_vcpu_create(const struct msg_header *request, struct msg_header *reply);
void core_vcpu_delete(const struct msg_header *request, struct msg_header *reply);
void core_mem_deposit(const struct msg_header *request, struct msg_header *reply);
void core_mem_withdraw(const struct msg_header *request, struct msg_header *reply);
void core_query_protocol(const struct msg_header *request, struct msg_header *reply);
void core_vtom_configure(const struct msg_header *request, struct msg_header *reply);

struct core_vcpu_create_args {
	uint64_t vmsa_gpa;
	uint64_t caa_gpa;
	uint32_t apic_id;
};

/* Pure. Alignment of the pages, reserved bits of R8, two different pages. */
enum err core_vcpu_create_decode(const struct msg_header *request,
				 struct core_vcpu_create_args *args);

/* Pure. Is this one entry of a list well formed? */
enum err core_pvalidate_decode_entry(uint64_t entry);
enum err core_mem_decode_entry(uint64_t entry);

/* Pure. How many gPAs fit behind the buffer's header? */
enum err core_mem_withdraw_decode(const struct msg_header *request, uint32_t *room);
