/*
 * The commands of tools/keel bench --tpm to the same TPM in a Linux process: without protocol,
 * kernel, looks at the clock or the kernel's randomness, of which the stand-ins below do nothing.
 * valgrind counts what host_execute() takes, and takes stock after each host_phase(): both names
 * are in tools/cli/bench_tpm.py. Prints what the C library took for the heap.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_commands.h"
#include "vtpm/pause.h"
#include "vtpm/tpm.h"
#include "vtpm/tpm_libtpms.h"

void host_execute(struct vtpm_request *request, struct vtpm_response *response);
void host_phase(unsigned int phase);

void pause_begin(struct msg_buffer *buffer)
{
	(void)buffer;
}

void tpm_mix_secret(void)
{
}

bool tpm_lacks_entropy(void)
{
	return false;
}

bool tpm_lacks_memory(void)
{
	return false;
}

__attribute__((noinline)) void host_execute(struct vtpm_request *request,
					    struct vtpm_response *response)
{
	tpm_execute(NULL, request, response);
}

__attribute__((noinline)) void host_phase(unsigned int phase)
{
	static struct vtpm_request request;
	static struct vtpm_response response;
	const uint8_t *code = response.tpm_response + 6;
	size_t bytes;

	for (unsigned int n = 0; (bytes = bench_command(phase, n, request.tpm_command)) > 0; n++) {
		request.bytes = (uint32_t)bytes;
		host_execute(&request, &response);
		if (((uint32_t)code[2] << 8 | code[3]) != bench_response(phase) || code[0] != 0) {
			fprintf(stderr, "phase %u, command %u: 0x%02x%02x\n", phase, n, code[2],
				code[3]);
			exit(1);
		}
	}
}

int main(void)
{
	/* One heap that only grows: its size at the end is the most that it ever was. */
	(void)mallopt(M_MMAP_MAX, 0);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	(void)mallopt(M_TOP_PAD, 0);
	for (unsigned int phase = 0; phase < BENCH_PHASES; phase++) {
		host_phase(phase);
	}
	printf("heap %zu\n", mallinfo2().arena);
	return 0;
}
