/* The SVSM's own CPUs. */
#pragma once

#include "base/err.h"
#include "msg/image.h"

/*
 * Starts the SVSM on every vCPU of the VM and waits until all run. Where the host does not tell
 * their APIC ids, only this one runs and guests can have no other.
 */
enum err cpus_start(const struct image_map *image);

/* Called by each CPU that was started, once it runs. */
void cpus_online(void);
