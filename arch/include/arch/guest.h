/*
 * The seam: bytes of a page named by its gPA, by a window of this CPU that exists for one copy.
 * The range stays within one page. ERR_ADDRESS when the page cannot be accessed (not validated, not
 * memory): nothing else is known of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"
#include "snp/vmsa.h"

enum err arch_guest_read(gpa_t from, void *to, size_t bytes);
enum err arch_guest_write(gpa_t to, const void *from, size_t bytes);

/* Zeroes a whole page of the given size. */
enum err arch_guest_zero(gpa_t page, bool is_2m);

/*
 * A VMSA, for as long as the caller needs it: a page only VMPL0 may touch. One per CPU at a time.
 * A fault on it means that the host broke SNP's rules, and panics.
 */
struct vmsa *arch_vmsa_map(gpa_t page);

/*
 * Does a CPU run the VMSA that is mapped? Asked by an RMPADJUST that sets what is set: `other` is a
 * VMPL (1..3) without any permission to it.
 */
bool arch_vmsa_runs(struct vmsa *mapped, unsigned int other);
void arch_vmsa_unmap(void);
