/*
 * The wrapped functions (--wrap=NAME for the linker, see meson.build): long commands call one of
 * them often enough, whatever else they do. docs/vtpm.md says what that was measured to be. A call
 * within one file of a library cannot be wrapped; these are called across files.
 */
#include <openssl/aes.h>
#include <openssl/bn.h>
#include <openssl/des.h>

#include "pause.h"

#define PAUSE_WRAP(type, name, parameters, arguments)                                              \
	type __wrap_##name parameters;                                                             \
	type __real_##name parameters;                                                             \
                                                                                                   \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		pause_check();                                                                     \
		return __real_##name arguments;                                                    \
	}

/* Modular exponentiation, for keys and for tests of primes; OpenSSL's own, in assembly. */
PAUSE_WRAP(int, bn_mul_mont,
	   (BN_ULONG * r, const BN_ULONG *a, const BN_ULONG *b, const BN_ULONG *n,
	    const BN_ULONG *n0, int words),
	   (r, a, b, n, n0, words))
PAUSE_WRAP(void, bn_power5,
	   (BN_ULONG * r, const BN_ULONG *a, const void *table, const BN_ULONG *n,
	    const BN_ULONG *n0, int words, int power),
	   (r, a, table, n, n0, words, power))
PAUSE_WRAP(void, bn_mul_mont_gather5,
	   (BN_ULONG * r, const BN_ULONG *a, const void *table, const BN_ULONG *n,
	    const BN_ULONG *n0, int words, int power),
	   (r, a, table, n, n0, words, power))
/* Sieves of primes; what is left to test. */
PAUSE_WRAP(void, ClearBit, (unsigned int bit, unsigned char *bits, unsigned int bytes),
	   (bit, bits, bytes))
/* The same, and inverses. */
PAUSE_WRAP(int, BN_div,
	   (BIGNUM * quotient, BIGNUM *rest, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx),
	   (quotient, rest, a, b, ctx))
/* The TPM's generators, of which keys are made. */
PAUSE_WRAP(void, AES_encrypt, (const unsigned char *in, unsigned char *out, const AES_KEY *key),
	   (in, out, key))
/* The TPM's test of itself. */
PAUSE_WRAP(void, DES_encrypt3,
	   (DES_LONG * data, DES_key_schedule *a, DES_key_schedule *b, DES_key_schedule *c),
	   (data, a, b, c))
