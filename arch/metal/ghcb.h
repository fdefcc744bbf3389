/* The GHCB of this CPU and the GHCB MSR protocol. */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/* One request by the MSR protocol; the MSR is put back to what it was. */
uint64_t ghcb_msr_call(uint64_t request);

/* Makes a page of ours shared, and tells the host that it is this CPU's GHCB. */
enum err ghcb_setup(void);
