/*
 * TPM commands by two CPUs at once: while one CPU's command is at work the other is BUSY, its page
 * left alone; then it is the other's turn before the first one's next; and each gets the response
 * to its own command.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "client/client.h"
#include "smp.h"
#include "svsm.h"
#include "svsm/vtpm.h"

#define ROUNDS	     2
#define ATTEMPTS_MAX 1000000
#define HEADER_BYTES 10

/* Each asks for a number of random bytes of its own, so that its response has a size of its own. */
static struct asker {
	union {
		uint8_t bytes[PAGE_SIZE];
		struct vtpm_request request;
		struct vtpm_response response;
	} page ALIGNED(4096);
	struct client *client;
	uint8_t random_bytes;
	uint64_t answer; /* the last one */
	uint32_t busy; /* how often it was */
	uint32_t right; /* rounds with the right responses */
} askers[2] = {{.random_bytes = 32}, {.random_bytes = 16}};

static void pack_self_test(struct asker *asker)
{
	static const uint8_t command[] = {0x80, 0x01, 0, 0, 0, 11, 0, 0, 0x01, 0x43, 1};

	(void)client_vtpm_pack(&asker->page, command, sizeof(command));
}

static void pack_random(struct asker *asker)
{
	const uint8_t command[] = {0x80, 0x01, 0,    0,	   0, 12,
				   0,	 0,    0x01, 0x7B, 0, asker->random_bytes};

	(void)client_vtpm_pack(&asker->page, command, sizeof(command));
}

static uint64_t once(struct asker *asker)
{
	struct client_call call = {.rax = SVSM_CALL(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD),
				   .rcx = (uintptr_t)&asker->page};

	asker->answer = client_call_once(asker->client, &call, 1) == ERR_OK ? call.rax : UINT64_MAX;
	asker->busy += asker->answer == SVSM_ERR_BUSY;
	return asker->answer;
}

static uint64_t to_the_end(struct asker *asker)
{
	for (uint32_t i = 0; i < ATTEMPTS_MAX; i++) {
		uint64_t answer = once(asker);

		if (answer != SVSM_ERR_INCOMPLETE && answer != SVSM_ERR_BUSY) {
			break;
		}
	}
	return asker->answer;
}

/* A response of this size, with code 0, and zeros behind it. */
static bool has_response(const struct asker *asker, uint32_t bytes)
{
	static const uint8_t good[4];
	bool is_right = asker->page.response.bytes == bytes &&
			asker->page.response.tpm_response[5] == bytes &&
			memcmp(asker->page.response.tpm_response + 6, good, sizeof(good)) == 0;

	for (size_t i = sizeof(uint32_t) + bytes; i < PAGE_SIZE && is_right; i++) {
		is_right = asker->page.bytes[i] == 0;
	}
	return is_right;
}

static bool has_random(const struct asker *asker)
{
	return has_response(asker, HEADER_BYTES + 2U + asker->random_bytes) &&
	       asker->page.response.tpm_response[HEADER_BYTES + 1] == asker->random_bytes;
}

static void work(struct asker *asker)
{
	asker->right = 0;
	asker->busy = 0;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		bool is_right;

		pack_self_test(asker);
		is_right = to_the_end(asker) == SVSM_SUCCESS && has_response(asker, HEADER_BYTES);
		pack_random(asker);
		is_right = is_right && to_the_end(asker) == SVSM_SUCCESS && has_random(asker);
		asker->right += is_right;
	}
}

static void job_once(struct smp_cpu *self)
{
	(void)self;
	(void)once(&askers[1]);
}

static void job_work(struct smp_cpu *self)
{
	(void)self;
	work(&askers[1]);
}

static uint64_t other_once(struct smp_cpu *cpu)
{
	smp_begin(cpu, job_once);
	return smp_wait(cpu) ? askers[1].answer : UINT64_MAX;
}

static void check_turns(struct smp_cpu *cpu)
{
	static uint8_t before[PAGE_SIZE];

	pack_self_test(&askers[0]);
	pack_random(&askers[1]);
	memcpy(before, askers[1].page.bytes, sizeof(before));
	check_equal("a long command is INCOMPLETE", once(&askers[0]), SVSM_ERR_INCOMPLETE);
	check_equal("the other is BUSY", other_once(cpu), SVSM_ERR_BUSY);
	check_true("its page is as it was",
		   memcmp(before, askers[1].page.bytes, sizeof(before)) == 0);
	check_equal("the long command ends", to_the_end(&askers[0]), SVSM_SUCCESS);
	check_true("with its response", has_response(&askers[0], HEADER_BYTES));
	pack_random(&askers[0]);
	check_equal("then it is the other's turn", once(&askers[0]), SVSM_ERR_BUSY);
	check_equal("which it takes", other_once(cpu), SVSM_SUCCESS);
	check_true("with the other's response", has_random(&askers[1]));
	check_equal("and then the first one's", once(&askers[0]), SVSM_SUCCESS);
	check_true("with the first one's response", has_random(&askers[0]));
}

static void check_both(struct smp_cpu *cpu)
{
	smp_begin(cpu, job_work);
	work(&askers[0]);
	check_true("both at once: the second one ends", smp_wait(cpu));
	check_equal("both at once: the first one's responses", askers[0].right, ROUNDS);
	check_equal("both at once: the second one's responses", askers[1].right, ROUNDS);
	check_true("both at once: they met", askers[0].busy + askers[1].busy > 0);
}

/* With a TPM that was started. */
void cases_vtpm_smp(void)
{
	struct smp_cpu *cpu = smp_cpu(0);
	struct client_call destroy = {.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_DELETE_VCPU),
				      .rcx = SMP_VMSA_GPA(cpu->index)};

	check_subject("two CPUs and the TPM: ");
	if (smp_find() == 0) {
		check_skip("a second CPU", "the host has one");
		return;
	}
	askers[0].client = svsm_client();
	askers[1].client = &cpu->client;
	if (smp_start(cpu)) {
		check_turns(cpu);
		check_both(cpu);
	}
	check_true("the second one is stopped", smp_destroy(cpu));
	check_call("and gone", destroy, SVSM_SUCCESS);
}
