/* What the simulator takes from mbedtls: SHA-384, AES-256-GCM, ECDSA P-384, writing of DER. */
#pragma once

#include "heap.h"

#define MBEDTLS_HAVE_ASM /* one multiplication with 128 bits of result, in general registers */
#define MBEDTLS_NO_UDBL_DIVISION /* the compiler's library is not there */

#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C

#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_GCM_C

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C /* ECDSA_C wants it */
#define MBEDTLS_ASN1_WRITE_C

/* What mbedtls would ask a C library for. */
#define MBEDTLS_PLATFORM_ZEROIZE_ALT
#define mbedtls_platform_zeroize sha384_wipe
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO heap_take
#define MBEDTLS_PLATFORM_FREE_MACRO   heap_give
