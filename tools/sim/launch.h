/* The launch: what the PSP, KVM and QEMU do with an IGVM file before the guest's first instruction.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Reads and checks opt/keel/igvm and says what memory it wants; before the memory is sealed. */
void launch_read(void);
/* Places and measures every page; afterwards the boot vCPU can run. */
void launch_place(void);
/* The VMSA of the boot vCPU lies outside the guest's memory. */
bool launch_find_vmsa(uint64_t gpa, uint64_t *spa);
