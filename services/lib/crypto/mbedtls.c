/*
 * mbedtls' files as one unit of ours, in the configuration of mbedtls_config.h. They are system
 * includes, so that their warnings are their own.
 */
#include <stddef.h>

#include "base/mem.h"

#include <aes.c>
#include <aesni.c>
#include <block_cipher.c>
#include <constant_time.c>
#include <gcm.c>
#include <sha512.c>

/* mbedtls' own needs a C library. */
void mbedtls_platform_zeroize(void *buf, size_t len)
{
	mem_wipe(buf, len);
}
