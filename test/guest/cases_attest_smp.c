/*
 * Attestation by two CPUs at once: the service takes one call at a time, the other CPU is BUSY
 * meanwhile, and each gets the report that it asked for.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "smp.h"
#include "snp/guest_msg.h"
#include "svsm.h"
#include "svsm/attest.h"

#define REPORTS	  4
#define TRIES_MAX 1000

static struct asker {
	uint8_t report[PAGE_SIZE] ALIGNED(4096);
	uint8_t manifest[PAGE_SIZE];
	struct svsm_attest_services operation;
	uint8_t nonce[SVSM_ATTEST_NONCE_BYTES];
} askers[2];

static volatile uint32_t good; /* reports that the second CPU got */

static void prepare(struct asker *asker, uint8_t nonce)
{
	memset(asker, 0, sizeof(*asker));
	memset(asker->nonce, nonce, sizeof(asker->nonce));
	asker->operation = (struct svsm_attest_services){
		.report_gpa = (uintptr_t)asker->report,
		.report_bytes = sizeof(asker->report),
		.nonce_gpa = (uintptr_t)asker->nonce,
		.nonce_bytes = sizeof(asker->nonce),
		.manifest_gpa = (uintptr_t)asker->manifest,
		.manifest_bytes = sizeof(asker->manifest),
	};
}

static const struct guest_report *report_of(const struct asker *asker)
{
	return (const struct guest_report *)(const void *)asker->report;
}

/* How many of the reports were given, and were like the first. */
static uint32_t ask(struct client *client, struct asker *asker)
{
	uint64_t operation = (uintptr_t)&asker->operation;
	uint8_t first[sizeof(report_of(asker)->report_data)];
	uint32_t right = 0;

	for (uint32_t i = 0; i < REPORTS; i++) {
		struct client_attest_lengths lengths;
		uint32_t result = SVSM_ERR_BUSY;
		enum err err = ERR_AGAIN;

		memset(asker->report, 0, sizeof(asker->report));
		for (uint32_t tries = 0; err == ERR_AGAIN && tries < TRIES_MAX; tries++) {
			err = client_attest(client, SVSM_ATTEST_SERVICES, operation, &lengths,
					    &result);
		}
		if (i == 0) {
			memcpy(first, report_of(asker)->report_data, sizeof(first));
		}
		if (err == ERR_OK && result == SVSM_SUCCESS &&
		    lengths.report == sizeof(struct guest_report) &&
		    memcmp(first, report_of(asker)->report_data, sizeof(first)) == 0) {
			right++;
		}
	}
	return right;
}

static void job_ask(struct smp_cpu *self)
{
	good = ask(&self->client, &askers[1]);
}

void cases_attest_smp(struct smp_cpu *cpu)
{
	check_subject("two CPUs ask for reports: ");
	prepare(&askers[0], 1);
	prepare(&askers[1], 2);
	smp_begin(cpu, job_ask);
	check_equal("the first one's are right", ask(svsm_client(), &askers[0]), REPORTS);
	check_true("the second one's end", smp_wait(cpu));
	check_equal("the second one's are right", good, REPORTS);
	check_true("each has its own",
		   memcmp(report_of(&askers[0])->report_data, report_of(&askers[1])->report_data,
			  sizeof(report_of(&askers[0])->report_data)) != 0);
}
