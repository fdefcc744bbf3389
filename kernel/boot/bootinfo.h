/* What the host says of the machine: memory and CPUs. IGVM parameters first, fw_cfg where they
 * lack. */
#pragma once

#include "base/err.h"
#include "msg/image.h"

enum err bootinfo_read(const struct image_map *image);
