/*
 * The first vCPU as the image starts it: 32-bit protected mode, paging off, flat segments. Only
 * fields are set that upstream QEMU lets be nonzero and KVM takes over, with KVM's values where it
 * has its own, so that what is measured is what the file says.
 */
#pragma once

#include <stdint.h>

#include "snp/vmsa.h"

/* params_gpa: struct stub_params, handed over in EBX. */
void start_vmsa_fill(struct vmsa *vmsa, uint64_t entry, uint64_t params_gpa);
