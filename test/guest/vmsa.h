/* Save areas that the test guest offers to the SVSM. */
#pragma once

#include <stdint.h>

#include "snp/vmsa.h"

/* As a kernel starts another CPU: real mode, this guest's VMPL and features. */
void vmsa_fill(struct vmsa *vmsa);

/* The same, but calling a function of this guest: 64-bit mode, its page tables and tables. */
void vmsa_fill_long(struct vmsa *vmsa, void (*entry)(void *context), void *context,
		    uint64_t stack);
