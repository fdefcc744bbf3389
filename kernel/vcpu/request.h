/* The request loop: runs the guest, and answers the calls its VMPLs make. */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "vcpu/registry.h"

NORETURN void request_loop(void);

/* Looks at one VMSA of this vCPU and answers its call; false: it made none. For tests and the loop.
 */
bool request_handle(const struct registry_entry *entry);
