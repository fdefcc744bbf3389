/*
 * The page of a VMSA. The caller has the page's lock, and keeps its state and the registry. A
 * failure leaves the page as it was, but for ERR_FAULT: then an RMP instruction failed.
 */
#pragma once

#include "base/addr.h"
#include "base/err.h"

/*
 * Makes `page`, which belongs to the VMPL `caller_vmpl`, a VMSA; *vmpl is what it says it is for.
 * ERR_ADDRESS: it cannot be read. ERR_INVALID: it is not a VMSA that this caller may add.
 * ERR_FAULT.
 */
enum err vmsa_convert(gpa_t page, unsigned int caller_vmpl, unsigned int *vmpl);

/*
 * Makes the VMSA at `page`, of `vmpl`, its owner's ordinary page again. ERR_INUSE: it runs.
 * ERR_FAULT: it may still be one or not, and nobody can write to it. Asking whether it runs would
 * make it one again; retiring it again may be tried.
 */
enum err vmsa_retire(gpa_t page, unsigned int vmpl);
