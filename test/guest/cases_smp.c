/*
 * Two CPUs: calls at the same time, a list that changes under the SVSM's eyes, a VMSA that runs,
 * and a service that is busy. Skipped where there is one CPU.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "cpu.h"
#include "faulty.h"
#include "ghcb.h"
#include "smp.h"
#include "svsm.h"

#define ROUNDS	       100
#define RACES	       400
#define HOTPLUG_ROUNDS 50
#define CORE(call)     SVSM_CALL(SVSM_PROTOCOL_CORE, (call))

#define MY_PAGE	   (SMP_RAM_GPA + 0 * PAGE_SIZE)
#define ITS_PAGE   (SMP_RAM_GPA + 1 * PAGE_SIZE)
#define RACED_PAGE (SMP_RAM_GPA + 2 * PAGE_SIZE)

/* What the second CPU found. */
static volatile uint32_t good;
static volatile uint64_t odd_answer;

/* A list that one CPU hands over and the other one writes to. */
static uint8_t raced[PAGE_SIZE] ALIGNED(4096);

static uint32_t ask_often(struct client *client)
{
	uint32_t right = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t versions = 0;

		if (client_query_protocol(client, SVSM_PROTOCOL_CORE, 1, &versions) == ERR_OK &&
		    versions == SVSM_PROTOCOL_VERSIONS(1, 1)) {
			right++;
		}
	}
	return right;
}

static uint32_t change_often(struct client *client, uint64_t caa_gpa, uint64_t page)
{
	uint32_t right = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t action = i % 2 == 0 ? SVSM_PVALIDATE_VALIDATE : 0;
		uint32_t result = 0;

		if (client_pvalidate_one(client, caa_gpa, page | action, &result) == ERR_OK &&
		    result == SVSM_SUCCESS) {
			right++;
		}
	}
	return right;
}

static void job_ask(struct smp_cpu *self)
{
	good = ask_often(&self->client);
}

static void job_change(struct smp_cpu *self)
{
	good = change_often(&self->client, SMP_CAA_GPA(self->index), ITS_PAGE);
}

/* Writes good and bad values over every part of the list while the other CPU hands it in. */
static void job_race(struct smp_cpu *self)
{
	static const uint64_t headers[] = {1, 2, 1 | (1 << 16), 0xFFFF, UINT64_C(1) << 32 | 1, 0};
	volatile uint64_t *list = (volatile uint64_t *)(uintptr_t)raced;
	uint64_t svsm = svsm_secrets()->svsm_base;

	(void)self;
	for (unsigned int i = 0; !smp_is_told_to_stop(); i++) {
		list[0] = headers[i % ARRAY_SIZE(headers)];
		list[1] = i % 3 == 0 ? svsm : RACED_PAGE | (i % 2 == 0 ? 4 : 0);
		list[2] = i % 5 == 0 ? SMP_CAA_GPA(0) : svsm | 4;
	}
}

static void job_halt(struct smp_cpu *self)
{
	(void)self;
	for (;;) {
		cpu_halt();
	}
}

static void job_spin(struct smp_cpu *self)
{
	(void)self;
	while (!smp_is_told_to_stop()) {
		__asm__ volatile("pause" : : : "memory");
	}
}

/* Enters the service and stays inside: it yields. */
static void job_yield(struct smp_cpu *self)
{
	struct client_call call = {.rax = SVSM_CALL(FAULTY_PROTOCOL, FAULTY_YIELD), .rcx = 1};

	odd_answer = client_call_once(&self->client, &call, 1) == ERR_OK ? call.rax : UINT64_MAX;
}

static void check_calls(struct smp_cpu *cpu)
{
	check_subject("two CPUs: ");
	smp_begin(cpu, job_ask);
	check_true("the second one's calls end", smp_wait(cpu));
	check_equal("the second one's calls are answered", good, ROUNDS);
	smp_begin(cpu, job_ask);
	check_equal("both ask, first", ask_often(svsm_client()), ROUNDS);
	check_true("both ask, second ends", smp_wait(cpu));
	check_equal("both ask, second", good, ROUNDS);
	smp_begin(cpu, job_change);
	check_equal("both change pages, first",
		    change_often(svsm_client(), svsm_caa_gpa(), MY_PAGE), ROUNDS);
	check_true("both change pages, second ends", smp_wait(cpu));
	check_equal("both change pages, second", good, ROUNDS);
}

/* Any result that the specification knows for such lists will do; no other may come. */
static bool is_known_result(uint32_t result)
{
	return result == SVSM_SUCCESS || result == SVSM_ERR_INVALID_ADDRESS ||
	       result == SVSM_ERR_INVALID_PARAMETER || result == SVSM_ERR_INVALID_FORMAT ||
	       result == SVSM_ERR_CORE_NO_CHANGE;
}

static void check_races(struct smp_cpu *cpu)
{
	uint32_t unknown = 0;

	check_subject("two CPUs: ");
	smp_begin(cpu, job_race);
	for (int i = 0; i < RACES; i++) {
		struct client_call call = {.rax = CORE(SVSM_CORE_PVALIDATE),
					   .rcx = (uintptr_t)raced};
		uint32_t result = (uint32_t)svsm_call(&call);

		if (!is_known_result(result)) {
			unknown = result;
		}
	}
	smp_stop();
	check_true("the racing one ends", smp_wait(cpu));
	check_equal("a list that changes under the call", unknown, 0);
}

static void check_running(struct smp_cpu *cpu)
{
	struct client_call destroy = {.rax = CORE(SVSM_CORE_DELETE_VCPU),
				      .rcx = SMP_VMSA_GPA(cpu->index)};

	check_subject("a VMSA that runs: ");
	smp_begin(cpu, job_spin);
	check_call("is not deleted", destroy, SVSM_ERR_CORE_FAIL_INUSE);
	check_equal("is not invalidated", svsm_pvalidate(SMP_VMSA_GPA(cpu->index)),
		    SVSM_ERR_INVALID_ADDRESS);
	smp_stop();
	check_true("goes on", smp_wait(cpu));
	smp_begin(cpu, job_ask);
	check_true("still calls", smp_wait(cpu) && good == ROUNDS);
}

static void check_busy(struct smp_cpu *cpu)
{
	struct client_call query = {.rax = CORE(SVSM_CORE_QUERY_PROTOCOL),
				    .rcx = SVSM_PROTOCOL_VERSIONS(FAULTY_PROTOCOL, 1)};
	struct client_call call = {.rax = SVSM_CALL(FAULTY_PROTOCOL, FAULTY_ECHO), .rcx = 1};

	check_subject("a service that serves one CPU: ");
	(void)svsm_call(&query);
	if (query.rcx == 0) {
		check_skip("BUSY", "no faulty service in this image");
		return;
	}
	smp_begin(cpu, job_yield);
	check_true("holds the call that yielded",
		   smp_wait(cpu) && odd_answer == SVSM_ERR_INCOMPLETE);
	check_equal("is BUSY for the other", svsm_call_pending(&call, 1), SVSM_ERR_BUSY);
	smp_begin(cpu, job_yield);
	check_true("ends the call that yielded", smp_wait(cpu) && odd_answer == SVSM_SUCCESS);
	call.rax = SVSM_CALL(FAULTY_PROTOCOL, FAULTY_ECHO);
	check_equal("then serves the other", svsm_call(&call), SVSM_SUCCESS);
}

static void check_stop(struct smp_cpu *cpu)
{
	struct client_call destroy = {.rax = CORE(SVSM_CORE_DELETE_VCPU),
				      .rcx = SMP_VMSA_GPA(cpu->index)};

	check_subject("a second CPU: ");
	smp_begin(cpu, job_halt);
	check_true("the host stops it", smp_destroy(cpu));
	check_call("its VMSA can be deleted", destroy, SVSM_SUCCESS);
	check_true("it can be started again", smp_start(cpu));
	smp_begin(cpu, job_ask);
	check_true("it calls again", smp_wait(cpu) && good == ROUNDS);
	smp_begin(cpu, job_halt);
	check_true("the host stops it again", smp_destroy(cpu));
	check_call("its VMSA can be deleted again", destroy, SVSM_SUCCESS);
}

/* A CPU that comes and goes, as when a guest takes it offline and online again. */
static void check_rounds(struct smp_cpu *cpu)
{
	struct client_call destroy = {.rax = CORE(SVSM_CORE_DELETE_VCPU),
				      .rcx = SMP_VMSA_GPA(cpu->index)};
	unsigned int rounds = 0;

	for (unsigned int i = 0; i < HOTPLUG_ROUNDS; i++) {
		struct client_call call = destroy;

		good = 0;
		if (!smp_start(cpu)) {
			break;
		}
		smp_begin(cpu, job_ask);
		if (!smp_wait(cpu) || good != ROUNDS || !smp_destroy(cpu) ||
		    svsm_call(&call) != SVSM_SUCCESS) {
			break;
		}
		rounds++;
	}
	check_equal("it comes and goes, calling each time", rounds, HOTPLUG_ROUNDS);
}

void cases_smp(void)
{
	struct smp_cpu *cpu = smp_cpu(0);

	check_subject("");
	if (smp_find() == 0) {
		check_skip("a second CPU", "the host has one");
		return;
	}
	smp_accept(cpu);
	check_true("a second CPU starts", smp_start(cpu));
	check_calls(cpu);
	check_races(cpu);
	check_running(cpu);
	check_busy(cpu);
	cases_attest_smp(cpu);
	check_stop(cpu);
	check_rounds(cpu);
}
