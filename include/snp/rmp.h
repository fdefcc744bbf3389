/*
 * PVALIDATE, RMPADJUST and RMPQUERY: operands and results (APM volume 3). Public, because the
 * kernel, the simulator's model and the tests must agree to the bit.
 */
#pragma once

#include <stdint.h>

#include "base/bits.h"

enum rmp_page_size {
	RMP_4K = 0,
	RMP_2M = 1,
};

/* Instruction results in EAX. */
#define RMP_OK		      0
#define RMP_FAIL_INPUT	      1
#define RMP_FAIL_PERMISSION   2
#define RMP_FAIL_INUSE	      3 /* RMPADJUST on a VMSA that runs */
#define RMP_FAIL_SIZEMISMATCH 6

/* VMPL permissions, RDX[15:8] of RMPADJUST. Write without read is illegal. */
#define VMPL_READ	  0x01
#define VMPL_WRITE	  0x02
#define VMPL_EXEC_USER	  0x04
#define VMPL_EXEC_SUPER	  0x08
#define VMPL_SHADOW_STACK 0x10
#define VMPL_RWX	  (VMPL_READ | VMPL_WRITE | VMPL_EXEC_USER | VMPL_EXEC_SUPER)

#define VMPL_COUNT 4

/* RDX of RMPADJUST. */
#define RMPADJUST_VMSA BIT(16)
#define RMPADJUST_ATTR(vmpl, perms, vmsa) \
	((uint64_t)(vmpl) | ((uint64_t)(perms) << 8) | ((vmsa) ? RMPADJUST_VMSA : 0))
