/*
 * What services take from mbedtls: AES-256-GCM by AES-NI and PCLMUL alone, so that no secret
 * indexes a table, and SHA-512 with SHA-384.
 */
#pragma once

#define MBEDTLS_AESNI_C
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_USE_HARDWARE_ONLY
#define MBEDTLS_BLOCK_CIPHER_C
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT
#define MBEDTLS_GCM_C
#define MBEDTLS_PLATFORM_ZEROIZE_ALT
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
