/*
 * For test guests alone, and only with the parameter probe=1: what the RMP says of a page, so that
 * a test can compare it with what the SVSM believes. No machine offers this, and no SVSM may ask
 * for it.
 */
#pragma once

#include <stdint.h>

/* An exit code for software's own use (APM volume 2, appendix C). SW_EXITINFO1: gPA; RAX: answer.
 */
#define PROBE_EVENT UINT64_C(0xF0000000)

/* [7:0] flags as in model/rmp.h, [15:8] size, then the permissions of VMPL 1, 2 and 3. */
#define PROBE_FLAGS(answer)	  ((answer)&0xFF)
#define PROBE_SIZE(answer)	  ((answer) >> 8 & 0xFF)
#define PROBE_PERMS(answer, vmpl) ((answer) >> (8 + 8 * (vmpl)) & 0xFF)
#define PROBE_NO_MEMORY		  UINT64_MAX

struct ghcb_call;
void probe_event(struct ghcb_call *call);
