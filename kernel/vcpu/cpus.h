/* The SVSM's own CPUs. */
#pragma once

#include "base/err.h"
#include "msg/image.h"

/* Learns who this CPU is. The SVSM runs on the first CPU only; more are told to the log. */
enum err cpus_start(const struct image_map *image);
