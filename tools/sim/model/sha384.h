/* SHA-384, from mbedtls: the simulator and its tests use it, nothing that is measured does. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA384_BYTES 48

void sha384(const void *data, size_t bytes, uint8_t digest[SHA384_BYTES]);
/* The wipe of all of mbedtls, by crypto_config.h. */
void sha384_wipe(void *buf, size_t len);
