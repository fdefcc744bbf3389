/*
 * The seam between the module, which sees the kernel's headers, and the client library, which sees
 * its own: plain C types only, because the two families define the fixed-width ones differently.
 */
#pragma once

/* The gPA of this CPU's calling area. Interrupts are off, the CPU stays. */
unsigned long long call_area(void);

/*
 * Asks the SVSM which versions of a protocol it serves. `caa`: this CPU's calling area, mapped
 * private. Interrupts are off, the CPU stays. 0: `versions` has highest << 32 | lowest, or 0 for a
 * protocol that is not served; else an `enum err` of the client library.
 */
int call_query_protocol(void *caa, unsigned int protocol, unsigned int version,
			unsigned long long *versions);
