/* The simulator's parameters: fw_cfg opt/keel/sim, space separated key=value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PARAM_RMP_2M 2
#define PARAM_RMP_4K 4

struct params {
	uint32_t c_bit; /* 51 or 47 */
	bool la57; /* show LA57 to the guest */
	uint32_t rmp; /* PARAM_RMP_2M, or PARAM_RMP_4K for entries of 4K alone */
	bool spare_cpu; /* the machine's first CPU has no vCPU */
	bool trace; /* a log line for every exit */
	bool icount; /* the TSC counts instructions: QEMU runs with -icount shift=0 */
	bool trace_calls; /* a log line for every answered SVSM call */
	uint32_t npt_pages; /* pool of nested tables */
	uint32_t spurious; /* enter VMPL0 unasked after so many exits, 0 = never */
	uint32_t steal; /* take a page of VMPL0 away after so many exits, 0 = never */
	bool probe; /* test guests may read the RMP: probe.h */
	uint32_t max_exits; /* end the run after so many, 0 = never */
	uint32_t report_version; /* of attestation reports */
	bool certs; /* the host has the chip's certificates for extended guest requests */
	bool tell_certs; /* write them to the log as well */
	uint32_t psp_busy; /* answer so many tries of each guest request with BUSY */
	uint32_t psp_forge; /* change this response of the PSP on its way, 0 = none */
};

extern struct params params;

/* Parses one text (not NUL-ended); unknown keys and bad values end the run. */
void params_parse(const char *text, uint32_t bytes);
/* Reads them from fw_cfg and checks them against what the CPU can do. */
void params_read(void);
