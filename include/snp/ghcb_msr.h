/*
 * The GHCB MSR protocol (GHCB specification, publication 56421, section 2.3): requests and answers
 * that travel in MSR C001_0130 itself. Bits 11:0 are the code; a value whose low twelve bits are
 * zero is the gPA of a GHCB.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"

#define MSR_GHCB       UINT32_C(0xC0010130)
#define MSR_SEV_STATUS UINT32_C(0xC0010131)
#define MSR_SVSM_CAA   UINT32_C(0xC001F000)

#define GHCB_MSR_CODE_MASK UINT64_C(0xFFF)

#define GHCB_MSR_SEV_INFO	      0x001
#define GHCB_MSR_SEV_INFO_REQ	      0x002
#define GHCB_MSR_CPUID_REQ	      0x004
#define GHCB_MSR_CPUID_RESP	      0x005
#define GHCB_MSR_AP_RESET_HOLD_REQ    0x006
#define GHCB_MSR_AP_RESET_HOLD_RESP   0x007
#define GHCB_MSR_PREFERRED_GPA_REQ    0x010
#define GHCB_MSR_PREFERRED_GPA_RESP   0x011
#define GHCB_MSR_REGISTER_GPA_REQ     0x012
#define GHCB_MSR_REGISTER_GPA_RESP    0x013
#define GHCB_MSR_PSC_REQ	      0x014
#define GHCB_MSR_PSC_RESP	      0x015
#define GHCB_MSR_RUN_VMPL_REQ	      0x016
#define GHCB_MSR_RUN_VMPL_RESP	      0x017
#define GHCB_MSR_UNREGISTER_GPA_REQ   0x018
#define GHCB_MSR_UNREGISTER_GPA_RESP  0x019
#define GHCB_MSR_HV_FEATURES_REQ      0x080
#define GHCB_MSR_HV_FEATURES_RESP     0x081
#define GHCB_MSR_TERMINATE_REQ	      0x100

/* CPUID: [63:32] the leaf, in the answer the register's value; [31:30] which: 0 EAX to 3 EDX. */
#define GHCB_MSR_CPUID_EBX(leaf) (GHCB_MSR_CPUID_REQ | UINT64_C(1) << 30 | (uint64_t)(leaf) << 32)
#define GHCB_MSR_CPUID_VALUE(v)	 ((uint32_t)((v) >> 32))

/* SEV_INFO: [63:48] highest version, [47:32] lowest version, [31:24] C-bit position. */
#define GHCB_MSR_INFO_MAX(v)  ((uint16_t)((v) >> 48))
#define GHCB_MSR_INFO_MIN(v)  ((uint16_t)((v) >> 32))
#define GHCB_MSR_INFO_CBIT(v) ((uint8_t)((v) >> 24))

/* PSC: [51:12] gfn, [55:52] operation; answer [63:32] error. */
#define GHCB_MSR_PSC_PRIVATE (UINT64_C(1) << 52)
#define GHCB_MSR_PSC_SHARED  (UINT64_C(2) << 52)

/* Terminate: [15:12] reason set, [23:16] reason. */
#define GHCB_MSR_TERMINATE(set, reason) \
	(GHCB_MSR_TERMINATE_REQ | ((uint64_t)(set) << 12) | ((uint64_t)(reason) << 16))

#define GHCB_TERM_SET_GENERAL 0
#define GHCB_TERM_SET_LINUX   1
/* Keel's own reason set; the reasons are enum panic_reason in kernel/panic.h. */
#define GHCB_TERM_SET_KEEL    11

/* Hypervisor features (MSR code 081 bits 63:12, and event 8000_FFFD). */
#define GHCB_HV_FT_SNP		BIT(0)
#define GHCB_HV_FT_AP_CREATION	BIT(1)
#define GHCB_HV_FT_RESTRICTED	BIT(2)
#define GHCB_HV_FT_RI_TIMER	BIT(3)
#define GHCB_HV_FT_APIC_ID_LIST BIT(4)
#define GHCB_HV_FT_MULTI_VMPL	BIT(5)

/* SEV_STATUS: bits 2:0, then SEV_FEATURES shifted left by two. */
#define SEV_STATUS_SEV	  BIT(0)
#define SEV_STATUS_SEV_ES BIT(1)
#define SEV_STATUS_SNP	  BIT(2)
#define SEV_STATUS_TO_FEATURES(status) ((status) >> 2)
