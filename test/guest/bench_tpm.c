/*
 * The bench guest of the TPM: sends the commands of bench_commands.c, which tools/cli/bench_tpm.py
 * counts.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "bench_commands.h"
#include "bench_phase.h"
#include "client/client.h"
#include "console.h"
#include "ghcb.h"
#include "svsm.h"
#include "svsm/vtpm.h"
#include "trap.h"

NORETURN void guest_main(void);

static union {
	uint8_t bytes[PAGE_SIZE];
	struct vtpm_response response;
} page ALIGNED(4096);

static void tpm(const uint8_t *command, size_t bytes, uint32_t want)
{
	uint32_t result = SVSM_ERR_INCOMPLETE;
	enum err err = client_vtpm_pack(&page, command, bytes);
	const uint8_t *code = page.response.tpm_response + 6;

	while (err == ERR_AGAIN || (err == ERR_OK && result == SVSM_ERR_INCOMPLETE)) {
		err = client_vtpm_command(svsm_client(), (uintptr_t)&page, &result);
	}
	bench_expect("call", err, ERR_OK);
	bench_expect("result", result, SVSM_SUCCESS);
	bench_expect("response code",
	       (uint64_t)code[0] << 24 | (uint64_t)code[1] << 16 | (uint64_t)code[2] << 8 | code[3],
	       want);
}

static void run(unsigned int number)
{
	uint8_t command[BENCH_COMMAND_BYTES];
	size_t bytes;

	bench_phase(number);
	for (unsigned int n = 0; (bytes = bench_command(number, n, command)) > 0; n++) {
		tpm(command, bytes, bench_response(number));
	}
}

void guest_main(void)
{
	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	svsm_use_event(true);
	for (unsigned int i = 0; i < BENCH_PHASES; i++) {
		run(i);
	}
	bench_phase(BENCH_PHASES);
	console_text("bench: done");
	console_line();
	ghcb_terminate(0);
}
