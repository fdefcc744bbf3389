/*
 * The guest-side library against a host and an SVSM that are functions here: what it asks the host
 * for, that it believes the pending byte and nothing else, and when it gives up.
 */
#include "client/client.h"

#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"
#include "snp/ghcb_msr.h"
#include "unit.h"

#define SAVED_MSR UINT64_C(0x809000)

/* How the fake host and SVSM behave, and what they saw. */
struct fake {
	uint64_t msr;
	uint64_t msr_answer; /* left in the MSR by a RUN_VMPL request */
	uint64_t event_answer; /* EXITINFO1 after the event */
	bool runs_svsm; /* does the pending byte get cleared? */
	uint32_t unfinished_left; /* calls still answered with `unfinished` */
	uint64_t unfinished;
	struct client_call answer; /* final */
	struct client *client;
	uint32_t exits;
	uint64_t msr_seen;
	uint64_t exit_code_seen;
	uint8_t pending_seen;
	struct client_call call_seen;
};

static struct fake fake;
static struct svsm_caa caa;
static struct svsm_caa other_caa;
static struct ghcb ghcb;
static struct client client;

static uint64_t msr_read(void *context)
{
	return ((struct fake *)context)->msr;
}

static void msr_write(void *context, uint64_t value)
{
	((struct fake *)context)->msr = value;
}

static void answer_host(struct fake *f)
{
	f->msr_seen = f->msr;
	if (f->client->ghcb != NULL) {
		f->exit_code_seen = f->client->ghcb->exit_code;
		f->client->ghcb->exit_info_1 = f->event_answer;
	} else {
		f->msr = f->msr_answer;
	}
}

static void vmgexit(void *context, struct client_call *call)
{
	struct fake *f = context;

	f->exits++;
	f->call_seen = *call;
	f->pending_seen = f->client->caa->call_pending;
	answer_host(f);
	if (!f->runs_svsm) {
		return;
	}
	f->client->caa->call_pending = 0;
	if (f->unfinished_left > 0) {
		f->unfinished_left--;
		call->rax = f->unfinished;
		return;
	}
	*call = f->answer;
}

static const struct client_ops ops = {
	.ghcb_msr_read = msr_read,
	.ghcb_msr_write = msr_write,
	.vmgexit = vmgexit,
};

/* A host that does its part and an SVSM that answers SUCCESS. */
static void begin(bool by_event)
{
	memset(&caa, 0, sizeof(caa));
	memset(&ghcb, 0xFF, sizeof(ghcb));
	fake = (struct fake){.msr = SAVED_MSR,
			     .msr_answer = GHCB_MSR_RUN_VMPL_RESP,
			     .runs_svsm = true,
			     .client = &client};
	client = (struct client){.ops = &ops,
				 .context = &fake,
				 .caa = &caa,
				 .ghcb = by_event ? &ghcb : NULL,
				 .attempts = 5};
}

TEST(by_msr)
{
	struct client_call call = {.rax = 6, .rcx = 1, .rdx = 2, .r8 = 3, .r9 = 4};

	begin(false);
	fake.answer = (struct client_call){.rax = 0x80000005, .rcx = 7};
	CHECK_EQ(client_call(&client, &call), ERR_OK);
	CHECK_EQ(fake.msr_seen, 0x16);
	CHECK_EQ(fake.msr, SAVED_MSR);
	CHECK_EQ(fake.pending_seen, 1);
	CHECK_EQ(fake.call_seen.rcx, 1);
	CHECK_EQ(fake.call_seen.r9, 4);
	CHECK_EQ(call.rax, 0x80000005);
	CHECK_EQ(call.rcx, 7);
	CHECK_EQ(fake.exits, 1);
}

TEST(by_event)
{
	struct client_call call = {.rax = 6};
	static const uint8_t zeros[16];
	uint8_t bitmap[16];

	begin(true);
	CHECK_EQ(client_call(&client, &call), ERR_OK);
	CHECK_EQ(fake.exit_code_seen, GHCB_EVENT_RUN_VMPL);
	CHECK_EQ(fake.msr_seen, SAVED_MSR);
	/* Exit code and both infos are said to be valid, nothing else. */
	memcpy(bitmap, ghcb.valid_bitmap, sizeof(bitmap));
	CHECK_EQ(bitmap[0x390 / 64],
		 1U << (0x390 / 8 % 8) | 1U << (0x398 / 8 % 8) | 1U << (0x3A0 / 8 % 8));
	bitmap[0x390 / 64] = 0;
	CHECK_MEM(bitmap, zeros, sizeof(bitmap));
	CHECK_EQ(ghcb.protocol_version, GHCB_PROTOCOL_2);
	CHECK_EQ(ghcb.usage, 0);
	CHECK_EQ(ghcb.exit_info_2, 0);
}

static const struct host_case {
	const char *name;
	bool by_event;
	uint64_t msr_answer;
	uint64_t event_answer;
	bool runs_svsm;
	enum err want;
} host_cases[] = {
	{"msr, well", false, 0x17, 0, true, ERR_OK},
	{"msr, svsm did not run", false, 0x17, 0, false, ERR_HOST},
	{"msr, error in the answer", false, 0x17 | UINT64_C(1) << 32, 0, true, ERR_HOST},
	{"msr, another answer", false, 0x15, 0, true, ERR_HOST},
	{"msr, left alone", false, 0x16, 0, false, ERR_HOST},
	{"event, well", true, 0, 0, true, ERR_OK},
	{"event, svsm did not run", true, 0, 0, false, ERR_HOST},
	{"event, malformed", true, 0, 2, true, ERR_HOST},
	{"event, upper half is not the result", true, 0, UINT64_C(1) << 32, true, ERR_OK},
};

TEST(host_lies)
{
	for (size_t i = 0; i < ARRAY_SIZE(host_cases); i++) {
		const struct host_case *c = &host_cases[i];
		struct client_call call = {.rax = 6};

		ROW(c->name);
		begin(c->by_event);
		fake.msr_answer = c->msr_answer;
		fake.event_answer = c->event_answer;
		fake.runs_svsm = c->runs_svsm;
		CHECK_EQ(client_call(&client, &call), c->want);
		CHECK_EQ(caa.call_pending, 0);
		CHECK_EQ(fake.msr, SAVED_MSR);
		CHECK_EQ(fake.exits, 1);
	}
}

static const struct loop_case {
	const char *name;
	uint64_t answer;
	uint32_t times;
	enum err want;
	uint32_t exits;
} loop_cases[] = {
	{"incomplete once", SVSM_ERR_INCOMPLETE, 1, ERR_OK, 2},
	{"busy four times", SVSM_ERR_BUSY, 4, ERR_OK, 5},
	{"incomplete for ever", SVSM_ERR_INCOMPLETE, 1000, ERR_AGAIN, 5},
	{"busy for ever", SVSM_ERR_BUSY, 1000, ERR_AGAIN, 5},
	/* Sign-extended codes are not those of the specification: handed back, not repeated. */
	{"sign-extended", UINT64_C(0xFFFFFFFF80000000), 1, ERR_OK, 1},
};

TEST(loops)
{
	for (size_t i = 0; i < ARRAY_SIZE(loop_cases); i++) {
		const struct loop_case *c = &loop_cases[i];
		struct client_call call = {.rax = 6, .rcx = 0x1234};

		ROW(c->name);
		begin(false);
		fake.unfinished = c->answer;
		fake.unfinished_left = c->times;
		CHECK_EQ(client_call(&client, &call), c->want);
		CHECK_EQ(fake.exits, c->exits);
		/* Asked again unchanged. */
		CHECK_EQ(fake.call_seen.rax, 6);
		CHECK_EQ(fake.call_seen.rcx, 0x1234);
	}
}

TEST(typed_calls)
{
	uint32_t result = 99;
	uint64_t versions = 99;
	const struct svsm_list one = {.count = 1};
	uint64_t entry = 0x7004;

	begin(false);
	fake.answer.rcx = UINT64_C(0x100000001);
	CHECK_EQ(client_query_protocol(&client, 2, 1, &versions), ERR_OK);
	CHECK_EQ(fake.call_seen.rax, 6);
	CHECK_EQ(fake.call_seen.rcx, UINT64_C(0x200000001));
	CHECK_EQ(versions, UINT64_C(0x100000001));

	CHECK_EQ(client_pvalidate_one(&client, 0x80F000, entry, &result), ERR_OK);
	CHECK_EQ(fake.call_seen.rax, 1);
	CHECK_EQ(fake.call_seen.rcx, 0x80F008);
	CHECK_MEM(caa.buffer, &one, sizeof(one));
	CHECK_MEM(caa.buffer + 8, &entry, sizeof(entry));

	CHECK_EQ(client_create_vcpu(&client, 0x5000, 0x6000, 7, &result), ERR_OK);
	CHECK_EQ(fake.call_seen.rax, 2);
	CHECK_EQ(fake.call_seen.rdx, 0x6000);
	CHECK_EQ(fake.call_seen.r8, 7);
	CHECK_EQ(client_delete_vcpu(&client, 0x5000, &result), ERR_OK);
	CHECK_EQ(fake.call_seen.rax, 3);
	CHECK_EQ(result, SVSM_SUCCESS);
}

TEST(remap_switches_areas)
{
	uint32_t result = 0;

	begin(false);
	fake.answer.rax = SVSM_ERR_INVALID_ADDRESS;
	CHECK_EQ(client_remap_ca(&client, 0x6000, &other_caa, &result), ERR_OK);
	CHECK_EQ(result, SVSM_ERR_INVALID_ADDRESS);
	CHECK(client.caa == &caa);
	fake.answer.rax = SVSM_SUCCESS;
	CHECK_EQ(client_remap_ca(&client, 0x6000, &other_caa, &result), ERR_OK);
	CHECK(client.caa == &other_caa);
	CHECK_EQ(fake.call_seen.rcx, 0x6000);
}

TEST(query_refused)
{
	uint64_t versions = 99;

	begin(false);
	fake.answer.rax = SVSM_ERR_UNSUPPORTED_CALL;
	CHECK_EQ(client_query_protocol(&client, 2, 1, &versions), ERR_UNSUPPORTED);
	CHECK_EQ(versions, 99);
}

/* What the SVSM answers, and which lengths a guest is to make of it. */
static const struct attest_case {
	const char *name;
	uint64_t rax;
	uint64_t rcx, rdx, r8;
	struct client_attest_lengths want;
} attest_cases[] = {
	{"report", SVSM_SUCCESS, 100, 0, 0x4A0, {100, 0, 0x4A0}},
	{"nothing to say", SVSM_SUCCESS, 0, 6000, 0x4A0, {0, 6000, 0x4A0}},
	{"too small", SVSM_ERR_INVALID_PARAMETER, 5000, 0x4000, 0x4A0, {5000, 0x4000, 0x4A0}},
	{"wrong", SVSM_ERR_INVALID_PARAMETER, 0x7008, UINT64_MAX, UINT64_MAX, {0, 0, 0}},
	{"not there", SVSM_ERR_UNSUPPORTED_PROTOCOL, 0x7008, UINT64_MAX, UINT64_MAX, {0, 0, 0}},
};

TEST(attest)
{
	for (size_t i = 0; i < ARRAY_SIZE(attest_cases); i++) {
		const struct attest_case *c = &attest_cases[i];
		struct client_attest_lengths lengths = {9, 9, 9};
		uint32_t result = 99;

		ROW(c->name);
		begin(false);
		fake.answer = (struct client_call){c->rax, c->rcx, c->rdx, c->r8, 0};
		CHECK_EQ(client_attest(&client, SVSM_ATTEST_SINGLE_SERVICE, 0x7008, &lengths,
				       &result),
			 ERR_OK);
		CHECK_EQ(fake.call_seen.rax, UINT64_C(0x100000001));
		CHECK_EQ(fake.call_seen.rcx, 0x7008);
		CHECK_EQ(result, (uint32_t)c->rax);
		CHECK_MEM(&lengths, &c->want, sizeof(lengths));
	}
}

TEST(attest_unanswered)
{
	struct client_attest_lengths lengths = {9, 9, 9};
	uint32_t result = 99;

	begin(false);
	fake.runs_svsm = false;
	CHECK_EQ(client_attest(&client, SVSM_ATTEST_SERVICES, 0x7008, &lengths, &result), ERR_HOST);
	CHECK_EQ(result, 99);
	CHECK_EQ(lengths.report, 9);
	begin(false);
	fake.unfinished = SVSM_ERR_INCOMPLETE;
	fake.unfinished_left = 5;
	CHECK_EQ(client_attest(&client, SVSM_ATTEST_SERVICES, 0x7008, &lengths, &result),
		 ERR_AGAIN);
	CHECK_EQ(result, SVSM_ERR_INCOMPLETE);
	CHECK_EQ(lengths.report, 0);
}

TEST(vtpm_calls)
{
	uint64_t commands = 99;
	uint32_t result = 99;

	begin(false);
	fake.answer.rcx = 0x100;
	CHECK_EQ(client_vtpm_query(&client, &commands, &result), ERR_OK);
	CHECK_EQ(fake.call_seen.rax, UINT64_C(0x200000000));
	CHECK_EQ(commands, 0x100);
	CHECK_EQ(client_vtpm_command(&client, 0x7000, &result), ERR_OK);
	CHECK_EQ(fake.call_seen.rax, UINT64_C(0x200000001));
	CHECK_EQ(fake.call_seen.rcx, 0x7000);
	CHECK_EQ(result, SVSM_SUCCESS);

	fake.answer = (struct client_call){.rax = SVSM_ERR_UNSUPPORTED_PROTOCOL, .rcx = 7};
	CHECK_EQ(client_vtpm_query(&client, &commands, &result), ERR_OK);
	CHECK_EQ(result, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	CHECK_EQ(commands, 0x100);
}

TEST(vtpm_unfinished)
{
	static const uint64_t answers[] = {SVSM_ERR_INCOMPLETE, SVSM_ERR_BUSY};

	uint32_t result;

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		begin(false);
		client.attempts = 1;
		fake.unfinished = answers[i];
		fake.unfinished_left = 1;
		CHECK_EQ(client_vtpm_command(&client, 0x7000, &result), ERR_AGAIN);
		CHECK_EQ(result, answers[i]);
		CHECK_EQ(client_vtpm_command(&client, 0x7000, &result), ERR_OK);
	}
	begin(false);
	fake.runs_svsm = false;
	result = 99;
	CHECK_EQ(client_vtpm_command(&client, 0x7000, &result), ERR_HOST);
	CHECK_EQ(result, 99);
}

TEST(vtpm_packs)
{
	static uint8_t page[4096];
	static uint8_t command[4096 - 9 + 1] = {0x80, 0x01};
	static const uint8_t head[] = {8, 0, 0, 0, 0, 12, 0, 0, 0, 0x80, 0x01};

	memset(page, 0xAA, sizeof(page));
	CHECK_EQ(client_vtpm_pack(page, command, 12), ERR_OK);
	CHECK_MEM(page, head, sizeof(head));
	CHECK_EQ(page[9 + 12], 0xAA);
	CHECK_EQ(client_vtpm_pack(page, command, sizeof(command) - 1), ERR_OK);
	CHECK_EQ(client_vtpm_pack(page, command, sizeof(command)), ERR_NOSPC);
}

static const struct unpack_case {
	const char *name;
	uint32_t bytes;
	size_t capacity;
	enum err want;
} unpack_cases[] = {
	{"empty", 0, 0, ERR_OK},
	{"fits", 10, 10, ERR_OK},
	{"larger than asked for", 11, 10, ERR_NOSPC},
	{"all a page has", 4092, 4096, ERR_OK},
	{"more than a page has", 4093, 8192, ERR_FORMAT},
	{"nonsense", UINT32_MAX, SIZE_MAX, ERR_FORMAT},
};

TEST(vtpm_unpacks)
{
	static uint8_t page[4096];
	static uint8_t response[4096];

	for (size_t i = 0; i < ARRAY_SIZE(unpack_cases); i++) {
		const struct unpack_case *c = &unpack_cases[i];
		size_t bytes = 99;

		ROW(c->name);
		memset(page, 0x5A, sizeof(page));
		memset(response, 0, sizeof(response));
		memcpy(page, &c->bytes, sizeof(c->bytes));
		CHECK_EQ(client_vtpm_unpack(page, response, c->capacity, &bytes), c->want);
		CHECK_EQ(bytes, c->want == ERR_OK ? c->bytes : 99);
		CHECK_EQ(response[0], c->want == ERR_OK && c->bytes > 0 ? 0x5A : 0);
	}
}

UNIT_MAIN(CASE(by_msr), CASE(by_event), CASE(host_lies), CASE(loops), CASE(typed_calls),
	  CASE(remap_switches_areas), CASE(query_refused), CASE(attest),
	  CASE(attest_unanswered), CASE(vtpm_calls), CASE(vtpm_unfinished),
	  CASE(vtpm_packs), CASE(vtpm_unpacks))
