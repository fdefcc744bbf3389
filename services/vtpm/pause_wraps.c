/*
 * The wrapped functions (--wrap=NAME for the linker, see meson.build): those that long commands
 * call often enough, found by counting instructions between calls (docs/vtpm.md). A call inside one
 * file of the library cannot be wrapped, so each of these is called across files.
 */
#include <openssl/bn.h>

#include "pause.h"

int __wrap_bn_mul_mont(BN_ULONG *r, const BN_ULONG *a, const BN_ULONG *b, const BN_ULONG *n,
		       const BN_ULONG *n0, int words);
int __real_bn_mul_mont(BN_ULONG *r, const BN_ULONG *a, const BN_ULONG *b, const BN_ULONG *n,
		       const BN_ULONG *n0, int words);

int __wrap_bn_mul_mont(BN_ULONG *r, const BN_ULONG *a, const BN_ULONG *b, const BN_ULONG *n,
		       const BN_ULONG *n0, int words)
{
	pause_check();
	return __real_bn_mul_mont(r, a, b, n, n0, words);
}
