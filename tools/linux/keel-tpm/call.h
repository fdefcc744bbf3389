/*
 * The seam between the driver, which sees the kernel's headers, and the client library, which sees
 * its own: plain C types only, because the two families define the fixed-width ones differently.
 * `caa` is this CPU's calling area, mapped private.
 */
#pragma once

enum call_outcome {
	CALL_DONE,
	CALL_UNFINISHED, /* the SVSM's time was up: call again, from this CPU */
	CALL_BUSY, /* another CPU is inside: call again, later */
	CALL_FAILED,
};

/* The gPA of this CPU's calling area. Interrupts are off, the CPU stays. */
unsigned long long call_area(void);

/* Whether there is a TPM that takes commands. Interrupts are off, the CPU stays. */
enum call_outcome call_find_tpm(void *caa, _Bool *is_there);

/*
 * One entry into the SVSM for the request in the page at page_gpa. `error`, with CALL_FAILED: the
 * SVSM's result code, or 0 when the host did not let it run. Interrupts are off, the CPU stays.
 */
enum call_outcome call_tpm(void *caa, unsigned long long page_gpa, unsigned int *error);

/* Makes the page a request; 0, or -1: the command is too long. */
int call_pack(void *page, const void *command, unsigned long bytes);

/* Takes the response out of the page: its length, or -1: there is none that fits. */
long call_unpack(const void *page, void *response, unsigned long capacity);
