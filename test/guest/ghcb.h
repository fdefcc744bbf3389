/* The test guest's GHCB: one page at GHCB_GPA, shared with the host; and the GHCB MSR protocol. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "snp/ghcb.h"

/* Shares the page, registers it, and makes it the current GHCB. Ends the guest when refused. */
void ghcb_start(void);

struct ghcb *ghcb_page(void);

/* One request by the MSR protocol; the MSR holds the GHCB's gPA again afterwards. */
uint64_t ghcb_msr_request(uint64_t request);

/* General termination request; the reason is 0 when all is well. */
NORETURN void ghcb_terminate(uint8_t reason);

/* One port access; `info` is SW_EXITINFO1. Yields RAX. */
uint64_t ghcb_ioio(uint64_t info, uint64_t rax);

/* Writes bytes to a port with one exit per GHCB_BUFFER_BYTES. */
void ghcb_port_write_string(uint16_t port, const char *text, uint32_t bytes);

/* Writes 32 bits of a device's memory. */
void ghcb_mmio_write(uint64_t gpa, uint32_t value);

/* Asks for a page, of 4 KiB or 2 MiB, to be private or shared. */
bool ghcb_page_state(uint64_t gpa, bool is_2m, bool is_private);

/* AP creation, GHCB event 0x80000013: `info` as AP_CREATION_INFO() makes it. */
bool ghcb_ap_creation(uint64_t info, uint64_t vmsa_gpa, uint64_t sev_features);

/* What the simulator's RMP says of a page (sim/probe.h). */
bool ghcb_probe(uint64_t gpa, uint64_t *answer);

#define GHCB_APIC_IDS_MAX 64

/* The APIC ids of all CPUs; yields how many there are, 0 when the host does not say. */
uint32_t ghcb_apic_ids(uint32_t ids[GHCB_APIC_IDS_MAX]);
