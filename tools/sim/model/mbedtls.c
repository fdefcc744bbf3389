/*
 * The files of mbedtls that crypto_config.h asks for, as one unit: meson takes no source out of
 * subprojects/. They are system includes, so their warnings are their own.
 */
#include <aes.c>
#include <asn1parse.c>
#include <asn1write.c>
#include <bignum.c>
#include <bignum_core.c>
#include <block_cipher.c>
#include <constant_time.c>
#include <ecdsa.c>
#include <ecp.c>
#include <ecp_curves.c>
#include <gcm.c>
#include <platform_util.c>
#include <sha512.c>
