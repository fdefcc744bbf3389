/*
 * What services/client needs of a Linux CPU: the GHCB MSR protocol by plain instructions. No kernel
 * header is seen here. The caller has interrupts off.
 */
#pragma once

#include <stdint.h>

#include "client/client.h"

extern const struct client_ops linux_cpu_ops;

/* The gPA of this CPU's calling area: Linux's own #VC handler answers the MSR. */
uint64_t linux_cpu_calling_area(void);
