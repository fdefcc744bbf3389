/* Calls to the SVSM for the cases. */
#include "svsm.h"

#include "base/compiler.h"
#include "console.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "snp/ghcb_msr.h"

#define REASON_NO_ANSWER 4
#define REASON_NO_PAGE	 5
/* A list of 511 pages that is answered with INCOMPLETE after each page fits twice over. */
#define ATTEMPTS_MAX 1024

static struct client client;
static uint64_t caa_gpa;

static uint64_t op_msr_read(void *context)
{
	(void)context;
	return cpu_rdmsr(MSR_GHCB);
}

static void op_msr_write(void *context, uint64_t value)
{
	(void)context;
	cpu_wrmsr(MSR_GHCB, value);
}

static void op_vmgexit(void *context, struct client_call *call)
{
	register uint64_t r8 __asm__("r8") = call->r8;
	register uint64_t r9 __asm__("r9") = call->r9;

	(void)context;
	__asm__ volatile("rep; vmmcall"
			 : "+a"(call->rax), "+c"(call->rcx), "+d"(call->rdx), "+r"(r8), "+r"(r9)
			 :
			 : "memory");
	call->r8 = r8;
	call->r9 = r9;
}

static const struct client_ops ops = {
	.ghcb_msr_read = op_msr_read,
	.ghcb_msr_write = op_msr_write,
	.vmgexit = op_vmgexit,
};

const struct secrets_page *svsm_secrets(void)
{
	return (const struct secrets_page *)(uintptr_t)SECRETS_GPA;
}

unsigned int svsm_vmpl(void)
{
	return svsm_secrets()->svsm_guest_vmpl;
}

uint64_t svsm_caa_gpa(void)
{
	return caa_gpa;
}

struct client *svsm_client(void)
{
	return &client;
}

void svsm_start(void)
{
	caa_gpa = CAA_GPA;
	client = (struct client){.ops = &ops,
				 .caa = (struct svsm_caa *)(uintptr_t)caa_gpa,
				 .attempts = ATTEMPTS_MAX};
}

void svsm_use_event(bool by_event)
{
	client.ghcb = by_event ? ghcb_page() : NULL;
}

static NORETURN void no_answer(enum err err)
{
	console_text("FAIL the SVSM did not run: error ");
	console_decimal((uint64_t)err);
	console_line();
	ghcb_terminate(REASON_NO_ANSWER);
}

uint32_t svsm_remap(uint64_t gpa)
{
	uint32_t result = 0;
	enum err err = client_remap_ca(&client, gpa, (struct svsm_caa *)(uintptr_t)gpa, &result);

	if (err != ERR_OK) {
		no_answer(err);
	}
	if (result == SVSM_SUCCESS) {
		caa_gpa = gpa;
	}
	return result;
}

uint64_t svsm_call(struct client_call *call)
{
	enum err err = client_call(&client, call);

	if (err != ERR_OK) {
		no_answer(err);
	}
	return call->rax;
}

uint64_t svsm_call_pending(struct client_call *call, uint8_t pending)
{
	enum err err = client_call_once(&client, call, pending);

	if (err != ERR_OK) {
		no_answer(err);
	}
	return call->rax;
}

uint32_t svsm_pvalidate(uint64_t entry)
{
	uint32_t result = 0;
	enum err err = client_pvalidate_one(&client, caa_gpa, entry, &result);

	if (err != ERR_OK) {
		no_answer(err);
	}
	return result;
}

void svsm_accept(uint64_t gpa)
{
	uint32_t result = SVSM_SUCCESS;

	if (ghcb_page_state(gpa, false, true)) {
		result = svsm_pvalidate(gpa | SVSM_PVALIDATE_VALIDATE);
		if (result == SVSM_SUCCESS) {
			return;
		}
	}
	console_text("FAIL no memory to test with: ");
	console_hex(gpa);
	console_text(" result ");
	console_hex(result);
	console_line();
	ghcb_terminate(REASON_NO_PAGE);
}
