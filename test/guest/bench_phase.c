/* See bench_phase.h. */
#include "bench_phase.h"

#include "console.h"
#include "ghcb.h"
#include "svsm.h"

#define MARK_PROTOCOL 0xbe7c4
#define REASON_FAILED 1

void bench_expect(const char *what, uint64_t got, uint64_t want)
{
	if (got == want) {
		return;
	}
	console_text("bench: FAIL ");
	console_text(what);
	console_text(" ");
	console_hex(got);
	console_line();
	ghcb_terminate(REASON_FAILED);
}

void bench_phase(uint32_t number)
{
	struct client_call call = {.rax = SVSM_CALL(MARK_PROTOCOL, number)};

	bench_expect("mark", svsm_call(&call), SVSM_ERR_UNSUPPORTED_PROTOCOL);
}
