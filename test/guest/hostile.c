/*
 * The guest of the hostile service: has it try everything that a service must not be able to, and
 * sees after each try that the others serve on. Where there is a second CPU, that one calls the
 * others all the while. test/system/hostile_test.py holds the SVSM's log against the figures.
 */
#include "hostile.h"

#include "base/compiler.h"
#include "check.h"
#include "console.h"
#include "ghcb.h"
#include "hostile_cases.h"
#include "smp.h"
#include "svsm.h"
#include "svsm/hello.h"
#include "trap.h"

#define REASON_FAILED 1

NORETURN void guest_main(void);

static struct {
	uint32_t tries;
	uint32_t deaths;
	uint32_t served; /* calls of the others after a try */
} figures;

/* What the second CPU saw. */
static volatile uint32_t other_calls;
static volatile uint32_t other_wrong;

static bool hello_serves(struct client *client)
{
	struct client_call call = {
		.rax = SVSM_CALL(HELLO_PROTOCOL, HELLO_ADD), .rcx = 40, .rdx = 2};

	return client_call(client, &call) == ERR_OK && call.rax == SVSM_SUCCESS && call.rcx == 42;
}

static bool core_serves(struct client *client)
{
	uint64_t versions = 0;

	return client_query_protocol(client, SVSM_PROTOCOL_CORE, SVSM_CORE_VERSION, &versions) ==
		       ERR_OK &&
	       versions == SVSM_PROTOCOL_VERSIONS(1, 1);
}

static void job_call_others(struct smp_cpu *self)
{
	while (!smp_is_told_to_stop()) {
		other_wrong = other_wrong + !hello_serves(&self->client) +
			      !core_serves(&self->client);
		other_calls = other_calls + 2;
	}
}

/* check_equal() asks core once more. */
static void others_serve(void)
{
	if (hello_serves(svsm_client())) {
		figures.served++;
	} else {
		check_true("hello serves on", false);
	}
}

void hostile_try(const char *name, uint64_t got, uint64_t want)
{
	figures.tries++;
	check_equal(name, got, want);
	others_serve();
}

static bool is_alive(uint32_t protocol)
{
	struct client_call call = {.rax = SVSM_CALL(protocol, HOSTILE_ECHO), .rcx = 41};

	return svsm_call(&call) == SVSM_SUCCESS && call.rcx == 42;
}

void hostile_died(const char *name, uint32_t protocol, uint64_t rax)
{
	figures.deaths++;
	hostile_try(name, rax, SVSM_ERR_KEEL_SERVICE_DIED);
	if (!is_alive(protocol)) {
		check_true("the service starts again", false);
	}
}

void hostile_deadly(const char *name, uint32_t protocol, uint32_t call, uint64_t rcx, uint64_t rdx)
{
	struct client_call registers = {.rax = SVSM_CALL(protocol, call), .rcx = rcx, .rdx = rdx};

	hostile_died(name, protocol, svsm_call(&registers));
}

struct client_call hostile_call(uint32_t protocol, uint32_t call, uint64_t rcx, uint64_t rdx,
				uint64_t r8, uint64_t r9)
{
	struct client_call registers = {
		.rax = SVSM_CALL(protocol, call), .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9};

	if (svsm_call(&registers) != SVSM_SUCCESS) {
		check_equal("the service tells what came of it", registers.rax, SVSM_SUCCESS);
	}
	return registers;
}

static bool start_second_cpu(void)
{
	if (smp_find() == 0) {
		return false;
	}
	smp_accept(smp_cpu(0));
	check_true("a second CPU starts", smp_start(smp_cpu(0)));
	smp_begin(smp_cpu(0), job_call_others);
	return true;
}

static void stop_second_cpu(void)
{
	smp_stop();
	check_subject("the other CPU: ");
	check_true("ends", smp_wait(smp_cpu(0)));
	check_true("made calls all the while", other_calls > 0);
	check_equal("had every one of them answered rightly", other_wrong, 0);
}

static void print_figures(void)
{
	const struct {
		const char *name;
		uint32_t value;
	} rows[] = {
		{"figures: tries ", figures.tries},
		{" deaths ", figures.deaths},
		{" calls of others after them ", figures.served},
		{" meanwhile on another CPU ", other_calls},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		console_text(rows[i].name);
		console_decimal(rows[i].value);
	}
	console_line();
}

void guest_main(void)
{
	bool has_second;

	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	check_subject("");
	has_second = start_second_cpu();
	hostile_cases_memory();
	hostile_cases_guest();
	hostile_cases_rights();
	hostile_cases_linux();
	hostile_cases_peers();
	hostile_cases_messages();
	hostile_cases_registers();
	hostile_cases_time();
	if (has_second) {
		stop_second_cpu();
	}
	print_figures();
	ghcb_terminate(check_end() ? 0 : REASON_FAILED);
}
