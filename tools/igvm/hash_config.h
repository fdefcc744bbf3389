/* What the image builder takes from mbedtls: SHA-384. */
#pragma once

#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_PLATFORM_ZEROIZE_ALT
/* The wipe that goes with it is hash.c's own. */
#define mbedtls_platform_zeroize hash_wipe
