/* What identifies a service: SHA-384 of what is loaded of it (include/msg/image.h). */
#pragma once

#include "elf_read.h"
#include "msg/image.h"

/* Fills service->hash: its segments are placed, `elf` has their bytes. */
void hash_service(struct image_service *service, const struct elf_image *elf);
