/*
 * The guest of tools/keel call: makes the calls that the script names, one after the other, and
 * prints each answer: `answer RESULT BYTES`, then lines `data HEX`. The host's side is
 * tools/cli/calling.py. It believes the script, which is its own.
 */
#include "call.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "client/client_keel.h"
#include "console.h"
#include "ghcb.h"
#include "svsm.h"
#include "svsm/attest.h"
#include "trap.h"

#define REASON_FAILED	   1
#define LINE_BYTES	   64
#define REPORT_BYTES	   2048
#define MANIFEST_BYTES	   49152
#define CERTIFICATES_BYTES 16384
#define ATTEMPTS	   1000000 /* work that is long yields often */

NORETURN void guest_main(void);

struct call_script call_script = {.magic = CALL_MAGIC};

/* Aligned so that each lies within one page. */
static struct svsm_keel_call by_name ALIGNED(64);
static struct svsm_attest_services attest ALIGNED(64);
static uint8_t nonce[SVSM_ATTEST_NONCE_BYTES] ALIGNED(64);
static uint8_t reply[SVSM_KEEL_BYTES_MAX];
static uint8_t report[REPORT_BYTES] ALIGNED(4096);
static uint8_t manifest[MANIFEST_BYTES] ALIGNED(4096);
static uint8_t certificates[CERTIFICATES_BYTES] ALIGNED(4096);

static void print_byte(uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char text[] = {digits[byte >> 4], digits[byte & 0xF], '\0'};

	console_text(text);
}

static void print_data(const char *what, const uint8_t *data, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at++) {
		if (at % LINE_BYTES == 0) {
			console_text(what);
			console_text(" ");
		}
		print_byte(data[at]);
		if (at % LINE_BYTES == LINE_BYTES - 1 || at + 1 == bytes) {
			console_line();
		}
	}
}

static void print_answer(uint64_t result, uint64_t bytes)
{
	console_text("answer ");
	console_hex(result);
	console_text(" ");
	console_decimal(bytes);
	console_line();
}

static NORETURN void fail(enum err err)
{
	console_text("the SVSM did not answer: error ");
	console_decimal((uint64_t)err);
	console_line();
	ghcb_terminate(REASON_FAILED);
}

/* The version to call with; a service that is not there refuses any. */
static uint32_t version_of(const struct call_step *step)
{
	char name[SVSM_KEEL_NAME_BYTES + 1] = {0};
	struct client_keel_service service;

	memcpy(name, step->name, sizeof(step->name));
	if (step->version != 0) {
		return step->version;
	}
	return client_keel_find(svsm_client(), name, &service) == ERR_OK ? service.version_max : 1;
}

static void call_by_name(const struct call_step *step, const uint8_t *request)
{
	uint32_t result = 0;
	uint32_t bytes = 0;
	enum err err;

	by_name = (struct svsm_keel_call){
		.version = version_of(step),
		.call = step->call,
		.request_gpa = (uintptr_t)request,
		.request_bytes = step->request_bytes,
		.reply_gpa = (uintptr_t)reply,
		.reply_bytes = sizeof(reply),
	};
	memcpy(by_name.name, step->name, sizeof(by_name.name));
	compiler_barrier();
	err = client_keel_call(svsm_client(), &by_name, (uintptr_t)&by_name, &bytes, &result);
	if (err != ERR_OK) {
		fail(err);
	}
	compiler_barrier();
	print_answer(result, bytes);
	print_data("data", reply, result == SVSM_SUCCESS ? bytes : 0);
}

static void attest_all(const uint8_t *request)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_ATTEST, SVSM_ATTEST_SERVICES),
		.rcx = (uintptr_t)&attest,
	};

	memcpy(nonce, request, sizeof(nonce));
	attest = (struct svsm_attest_services){
		.report_gpa = (uintptr_t)report,
		.report_bytes = sizeof(report),
		.nonce_gpa = (uintptr_t)nonce,
		.nonce_bytes = sizeof(nonce),
		.manifest_gpa = (uintptr_t)manifest,
		.manifest_bytes = sizeof(manifest),
		.certificates_gpa = (uintptr_t)certificates,
		.certificates_bytes = sizeof(certificates),
	};
	compiler_barrier();
	(void)svsm_call(&call);
	print_answer(call.rax, 0);
	if (call.rax == SVSM_SUCCESS) {
		print_data("manifest", manifest, call.rcx);
		print_data("certificates", certificates, call.rdx);
		print_data("report", report, call.r8);
	}
}

static void run(const uint8_t *steps)
{
	struct call_step step;
	uint64_t at = 0;

	for (;;) {
		memcpy(&step, steps + at, sizeof(step));
		at += sizeof(step);
		if (step.kind == CALL_BY_NAME) {
			call_by_name(&step, steps + at);
		} else if (step.kind == CALL_ATTEST) {
			attest_all(steps + at);
		} else {
			return;
		}
		at += align_up(step.request_bytes, sizeof(uint64_t));
	}
}

void guest_main(void)
{
	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	svsm_client()->attempts = ATTEMPTS;
	run(call_script.steps);
	console_text("end of the calls");
	console_line();
	ghcb_terminate(0);
}
