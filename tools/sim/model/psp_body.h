/*
 * What the PSP does for the body of a guest message, once the message is authentic. Each returns
 * the status and writes it, and the rest of the response, into a zeroed body; `vmpck` is the key
 * the request came under: it may ask for its own VMPL and for less privileged ones.
 */
#pragma once

#include "psp.h"

#define PSP_VMPL_MAX 3

uint32_t psp_report(struct psp *psp, unsigned int vmpck, const struct guest_report_req *req,
		    struct guest_report_rsp *rsp);
uint32_t psp_derive(const struct psp *psp, unsigned int vmpck, const struct guest_key_req *req,
		    struct guest_key_rsp *rsp);

/* PSP_SUCCESS, or PSP_INVALID_KEY: a key that this chip does not have. */
uint32_t psp_check_key_select(uint32_t select);
bool psp_is_zero(const uint8_t *bytes, size_t count);
