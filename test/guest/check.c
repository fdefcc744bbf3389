/* Counts and prints. */
#include "check.h"

#include "base/compiler.h"
#include "console.h"
#include "svsm.h"

#define R9_PATTERN UINT64_C(0x5a5aa5a5deadbeef)

static const char *subject = "";
static unsigned int passed;
static unsigned int failed;

static void good(const char *name)
{
	passed++;
	console_text("ok ");
	console_text(subject);
	console_text(name);
	console_line();
}

static void bad(const char *name, const char *what, uint64_t got, uint64_t want)
{
	failed++;
	console_text("FAIL ");
	console_text(subject);
	console_text(name);
	console_text(": ");
	console_text(what);
	console_text(" got ");
	console_hex(got);
	console_text(" want ");
	console_hex(want);
	console_line();
}

/* The call that must always work: core is there, in version 1. */
static bool still_answers(uint64_t *rcx)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		.rcx = SVSM_PROTOCOL_VERSIONS(SVSM_PROTOCOL_CORE, SVSM_CORE_VERSION),
	};
	uint64_t rax = svsm_call(&call);

	*rcx = call.rcx;
	return rax == SVSM_SUCCESS && call.rcx == SVSM_PROTOCOL_VERSIONS(1, 1);
}

void check_subject(const char *text)
{
	subject = text;
}

void check_equal(const char *name, uint64_t got, uint64_t want)
{
	uint64_t rcx;

	if (got != want) {
		bad(name, "", got, want);
	} else if (!still_answers(&rcx)) {
		bad(name, "next call, rcx", rcx, SVSM_PROTOCOL_VERSIONS(1, 1));
	} else {
		good(name);
	}
}

void check_true(const char *name, bool is_true)
{
	check_equal(name, is_true, true);
}

void check_skip(const char *name, const char *why)
{
	console_text("skip ");
	console_text(subject);
	console_text(name);
	console_text(": ");
	console_text(why);
	console_line();
}

/* Did a refusal leave the registers alone? Reports the first that changed. */
static bool kept_registers(const char *name, const struct client_call *before,
			   const struct client_call *after)
{
	const struct {
		const char *name;
		uint64_t before;
		uint64_t after;
	} registers[] = {
		{"rcx", before->rcx, after->rcx},
		{"rdx", before->rdx, after->rdx},
		{"r8", before->r8, after->r8},
		{"r9", before->r9, after->r9},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(registers); i++) {
		if (registers[i].after != registers[i].before) {
			bad(name, registers[i].name, registers[i].after, registers[i].before);
			return false;
		}
	}
	return true;
}

void check_call(const char *name, struct client_call call, uint32_t want)
{
	struct client_call before;

	call.r9 = R9_PATTERN;
	before = call;
	(void)svsm_call(&call);
	if (call.rax == want && want != SVSM_SUCCESS && !kept_registers(name, &before, &call)) {
		return;
	}
	check_equal(name, call.rax, want);
}

bool check_end(void)
{
	console_decimal(passed);
	console_text(" passed, ");
	console_decimal(failed);
	console_text(" failed");
	console_line();
	return failed == 0;
}
