/* The kernel's entry from the architecture. */
#pragma once

#include "base/compiler.h"
#include "msg/image.h"

NORETURN void main_boot(const struct image_map *image);

/* Where the SVSM's other CPUs begin. */
NORETURN void main_cpu(unsigned int index);
