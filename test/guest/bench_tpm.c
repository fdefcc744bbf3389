/*
 * The bench guest of the TPM: sends the commands of bench_commands.c, which tools/cli/bench_tpm.py
 * counts. As in bench.c, a call to a protocol that nobody serves begins each phase. Anything but
 * the expected answer ends it.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "bench_commands.h"
#include "client/client.h"
#include "console.h"
#include "ghcb.h"
#include "svsm.h"
#include "svsm/vtpm.h"
#include "trap.h"

#define MARK_PROTOCOL 0xbe7c4
#define REASON_FAILED 1

NORETURN void guest_main(void);

static union {
	uint8_t bytes[PAGE_SIZE];
	struct vtpm_response response;
} page ALIGNED(4096);

static NORETURN void fail(const char *what, uint64_t value)
{
	console_text("bench: FAIL ");
	console_text(what);
	console_text(" ");
	console_hex(value);
	console_line();
	ghcb_terminate(REASON_FAILED);
}

static void expect(const char *what, uint64_t got, uint64_t want)
{
	if (got != want) {
		fail(what, got);
	}
}

static void phase(uint32_t number)
{
	struct client_call call = {.rax = SVSM_CALL(MARK_PROTOCOL, number)};

	expect("mark", svsm_call(&call), SVSM_ERR_UNSUPPORTED_PROTOCOL);
}

static void tpm(const uint8_t *command, size_t bytes, uint32_t want)
{
	uint32_t result = SVSM_ERR_INCOMPLETE;
	enum err err = client_vtpm_pack(&page, command, bytes);
	const uint8_t *code = page.response.tpm_response + 6;

	while (err == ERR_AGAIN || (err == ERR_OK && result == SVSM_ERR_INCOMPLETE)) {
		err = client_vtpm_command(svsm_client(), (uintptr_t)&page, &result);
	}
	expect("call", err, ERR_OK);
	expect("result", result, SVSM_SUCCESS);
	expect("response code",
	       (uint64_t)code[0] << 24 | (uint64_t)code[1] << 16 | (uint64_t)code[2] << 8 | code[3],
	       want);
}

static void run(unsigned int number)
{
	uint8_t command[BENCH_COMMAND_BYTES];
	size_t bytes;

	phase(number);
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
	phase(BENCH_PHASES);
	console_text("bench: done");
	console_line();
	ghcb_terminate(0);
}
