/* What the boot's first step learnt. */
#pragma once

#include <stdint.h>

/* GHCB_HV_FT_* that the host offers. */
uint64_t environment_hv_features(void);
