/* The seam: what Keel asks of the host, by GHCB. Answers are data, never trusted. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/* Runs this vCPU at a VMPL; returns when the host enters VMPL0 again. ERR_HOST: it refused. */
enum err arch_host_run_vmpl(unsigned int vmpl);

/* Tells the host which VMSA a vCPU has at a VMPL (AP creation event; action AP_*). */
enum err arch_host_vcpu(uint32_t apic_id, unsigned int vmpl, unsigned int action, gpa_t vmsa,
			uint64_t features);

/*
 * The APIC ids of the VM's vCPUs, this one's first; *count is at most `max`. ERR_UNSUPPORTED: the
 * host tells only this one's, which is then the whole list.
 */
enum err arch_host_apic_ids(uint32_t *ids, uint32_t max, uint32_t *count);

/* Port input and output, for fw_cfg: bytes from or to one port, one size-byte access each. */
enum err arch_host_port_in(uint16_t port, void *dst, size_t bytes);
enum err arch_host_port_out16(uint16_t port, uint16_t value);
