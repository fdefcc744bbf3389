/* What happened in a run, in numbers: one line of JSON on the log. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/digest.h"

enum stats_exit {
	STATS_CPUID,
	STATS_IOIO,
	STATS_MSR,
	STATS_NPF,
	STATS_VMGEXIT,
	STATS_VMMCALL,
	STATS_UD,
	STATS_NMI,
	STATS_DR7,
	STATS_WBINVD,
	STATS_OTHER,
	STATS_EXITS,
};

enum stats_event {
	STATS_PVALIDATE,
	STATS_RMPADJUST,
	STATS_RMPQUERY,
	STATS_INVLPGB,
	STATS_TLBSYNC,
	STATS_PSC,
	STATS_IMPLICIT,
	STATS_PSMASH,
	STATS_VC,
	STATS_VC_404,
	STATS_IO_REQUEST,
	STATS_MSR_REQUEST,
	STATS_MMIO_REQUEST,
	STATS_CPUID_REQUEST,
	STATS_SPURIOUS,
	STATS_OPEN_VMSA,
	STATS_EVENTS,
};

struct stats {
	uint64_t exits[STATS_EXITS];
	uint64_t events[STATS_EVENTS];
	uint64_t vmpl_switches;
	uint64_t pages_validated; /* of 4 KiB, by PVALIDATE */
	uint64_t npt_overflows;
	unsigned int guest_vmpl; /* the highest VMPL that got a VMSA */
	struct digest digest;
	bool has_digest;
};

extern struct stats stats;

/* An SVSM call came back to its caller. */
void stats_call(uint64_t call, uint64_t result);
/* A guest request of a GUEST_MSG_* type was answered: by whom, and how. */
enum stats_answer {
	STATS_ANSWER_STATUS, /* in the response; 0 is success */
	STATS_ANSWER_FIRMWARE, /* without a response */
	STATS_ANSWER_VMM, /* without asking the firmware */
};
void stats_guest_request(uint8_t type, enum stats_answer answer, uint32_t code);
/* `terminated` is the reason, or NULL while the run goes on. */
void stats_write(const char *terminated);
