/* One VMGEXIT with a GHCB page, as the files that serve its events see it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/ghcb_check.h"
#include "vcpu.h"

#define GHCB_FEATURES                                                                              \
	(GHCB_HV_FT_SNP | GHCB_HV_FT_AP_CREATION | GHCB_HV_FT_APIC_ID_LIST | GHCB_HV_FT_MULTI_VMPL)

struct ghcb_call {
	struct vcpu *vcpu;
	struct context *context;
	struct ghcb *page;
	uint64_t gpa;
	struct ghcb_request request;
};

#define GHCB_SET(call, field, value)                                                               \
	do {                                                                                       \
		(call)->page->field = (value);                                                     \
		ghcb_mark((call)->page, GHCB_VALID(field));                                        \
	} while (0)

static inline void ghcb_mark(struct ghcb *page, size_t bit)
{
	page->valid_bitmap[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

/* Answers: SW_EXITINFO1 and 2. */
void ghcb_result(struct ghcb_call *call, uint64_t info_1, uint64_t info_2);
void ghcb_malformed(struct ghcb_call *call, uint32_t reason);
void ghcb_inject_gp(struct ghcb_call *call);
/* The scratch area, or NULL (and the answer has been given). */
void *ghcb_scratch(struct ghcb_call *call, uint64_t bytes);

/* ghcb_msr.c: the MSR protocol. */
void ghcb_msr_exit(struct vcpu *vcpu, struct context *c, uint64_t request);
void ghcb_terminate(const struct context *c, uint64_t set, uint64_t reason) NORETURN;
/* psc.c */
uint64_t psc_perform(const struct context *c, unsigned int operation, uint64_t gpa,
		     enum rmp_page_size size);
void psc_event(struct ghcb_call *call);
/* ghcb_device.c: events that end at a device of the machine. */
void ghcb_ioio(struct ghcb_call *call);
void ghcb_mmio(struct ghcb_call *call, bool is_write);
void ghcb_msr_access(struct ghcb_call *call);
/* ghcb_vcpu.c: vCPUs and VMPLs. */
/* Parks the vCPU: AP reset hold. */
void ghcb_reset_hold(struct vcpu *vcpu);
void ghcb_ap_creation(struct ghcb_call *call);
void ghcb_apic_ids(struct ghcb_call *call);
void ghcb_run_vmpl(struct ghcb_call *call);
/* ghcb_psp.c: guest messages to the PSP, with certificates or without. */
void ghcb_guest_request(struct ghcb_call *call, bool is_extended);
