/* The stubs of Keel's message protocol against an SVSM that is a function here. */
#include "client/client_keel.h"

#include <string.h>

#include "base/compiler.h"
#include "snp/ghcb_msr.h"
#include "unit.h"

#define CALL_GPA UINT64_C(0x7008)

/* What the fake SVSM has and says. */
static struct {
	const char (*names)[SVSM_KEEL_NAME_BYTES + 1];
	size_t count;
	struct client_call answer; /* of CALL */
	uint32_t unfinished_left;
	uint64_t unfinished;
	uint32_t calls;
	struct client_call seen;
	bool is_gone;
} svsm;

static struct svsm_caa caa;
static struct client client;
static uint64_t msr;

static uint64_t msr_read(void *context)
{
	(void)context;
	return msr;
}

static void msr_write(void *context, uint64_t value)
{
	(void)context;
	msr = value;
}

static void answer_list(struct client_call *call)
{
	uint64_t place = call->rcx;

	if (place >= svsm.count) {
		call->rax = SVSM_ERR_INVALID_PARAMETER;
		return;
	}
	call->rax = SVSM_SUCCESS;
	call->rcx = UINT64_C(3) << 32 | 2;
	call->rdx = (uint64_t)(SVSM_KEEL_UP | SVSM_KEEL_MESSAGES) << 32 | (0x4B454801 + place);
	memcpy(&call->r8, svsm.names[place], 8);
	memcpy(&call->r9, svsm.names[place] + 8, 8);
}

static void vmgexit(void *context, struct client_call *call)
{
	(void)context;
	svsm.calls++;
	svsm.seen = *call;
	msr = GHCB_MSR_RUN_VMPL_RESP;
	if (svsm.is_gone) {
		return;
	}
	caa.call_pending = 0;
	if (svsm.unfinished_left > 0) {
		svsm.unfinished_left--;
		call->rax = svsm.unfinished;
	} else if (SVSM_CALL_ID(call->rax) == SVSM_KEEL_LIST) {
		answer_list(call);
	} else {
		call->rax = svsm.answer.rax;
		call->rcx = svsm.answer.rcx;
	}
}

static const struct client_ops ops = {
	.ghcb_msr_read = msr_read,
	.ghcb_msr_write = msr_write,
	.vmgexit = vmgexit,
};

static const char names[][SVSM_KEEL_NAME_BYTES + 1] = {"core", "hello", "helloworld",
						       "sixteen-letters!"};

static void begin(void)
{
	memset(&svsm, 0, sizeof(svsm));
	svsm.names = names;
	svsm.count = ARRAY_SIZE(names);
	client = (struct client){.ops = &ops, .caa = &caa, .attempts = 3};
}

TEST(lists)
{
	static const uint8_t want[SVSM_KEEL_NAME_BYTES] = "hello";
	struct client_keel_service service;
	uint32_t result = 99;

	begin();
	CHECK_EQ(client_keel_list(&client, 1, &service, &result), ERR_OK);
	CHECK_EQ(svsm.seen.rax, UINT64_C(0x4B45454C00000000));
	CHECK_EQ(svsm.seen.rcx, 1);
	CHECK_EQ(result, SVSM_SUCCESS);
	CHECK_MEM(service.name, want, sizeof(want));
	CHECK_EQ(service.protocol, 0x4B454802);
	CHECK_EQ(service.flags, SVSM_KEEL_UP | SVSM_KEEL_MESSAGES);
	CHECK_EQ(service.version_min, 2);
	CHECK_EQ(service.version_max, 3);

	CHECK_EQ(client_keel_list(&client, 4, &service, &result), ERR_OK);
	CHECK_EQ(result, SVSM_ERR_INVALID_PARAMETER);
	CHECK_EQ(service.protocol, 0x4B454802);
}

static const struct {
	const char *name;
	uint32_t protocol; /* 0: not there */
} finds[] = {
	{"core", 0x4B454801},
	{"hello", 0x4B454802},
	{"helloworld", 0x4B454803},
	{"sixteen-letters!", 0x4B454804},
	{"sixteen-letters!x", 0},
	{"hell", 0},
	{"hellow", 0},
	{"Hello", 0},
	{"", 0},
};

TEST(finds_by_name)
{
	for (size_t i = 0; i < ARRAY_SIZE(finds); i++) {
		struct client_keel_service service = {0};

		ROW(finds[i].name);
		begin();
		CHECK_EQ(client_keel_find(&client, finds[i].name, &service),
			 finds[i].protocol != 0 ? ERR_OK : ERR_UNSUPPORTED);
		CHECK_EQ(service.protocol, finds[i].protocol);
	}
	ROW("a list without an end");
	begin();
	svsm.unfinished = SVSM_SUCCESS;
	svsm.unfinished_left = UINT32_MAX;
	CHECK_EQ(client_keel_find(&client, "nobody", &(struct client_keel_service){0}),
		 ERR_UNSUPPORTED);
	ROW("no SVSM");
	begin();
	svsm.is_gone = true;
	CHECK_EQ(client_keel_find(&client, "core", &(struct client_keel_service){0}), ERR_HOST);
}

static const struct {
	const char *name;
	uint64_t rax;
	uint64_t rcx;
	enum err want;
	uint32_t bytes; /* 99: not stored */
} calls[] = {
	{"success", SVSM_SUCCESS, 40, ERR_OK, 40},
	{"success, all of the room", SVSM_SUCCESS, 64, ERR_OK, 64},
	{"success, no reply", SVSM_SUCCESS, 0, ERR_OK, 0},
	{"success, but more than the room", SVSM_SUCCESS, 65, ERR_FORMAT, 99},
	{"too little room", SVSM_ERR_INVALID_PARAMETER, 65, ERR_OK, 65},
	{"too little room, most", SVSM_ERR_INVALID_PARAMETER, 4096, ERR_OK, 4096},
	{"another parameter", SVSM_ERR_INVALID_PARAMETER, CALL_GPA, ERR_OK, 0},
	{"the service's own refusal", SVSM_ERR_INVALID_PARAMETER, 0, ERR_OK, 0},
	{"another error", SVSM_ERR_INVALID_ADDRESS, 80, ERR_OK, 0},
	{"an error of the protocol", 0x80001000, 80, ERR_OK, 0},
};

TEST(calls_by_name)
{
	const struct svsm_keel_call call = {.name = "hello", .version = 1, .reply_bytes = 64};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		uint32_t bytes = 99;
		uint32_t result = 99;

		ROW(calls[i].name);
		begin();
		svsm.answer = (struct client_call){.rax = calls[i].rax, .rcx = calls[i].rcx};
		CHECK_EQ(client_keel_call(&client, &call, CALL_GPA, &bytes, &result),
			 calls[i].want);
		CHECK_EQ(svsm.seen.rax, UINT64_C(0x4B45454C00000001));
		CHECK_EQ(svsm.seen.rcx, CALL_GPA);
		CHECK_EQ(result, calls[i].rax);
		CHECK_EQ(bytes, calls[i].bytes);
	}
}

TEST(unfinished)
{
	static const uint32_t answers[] = {SVSM_ERR_INCOMPLETE, SVSM_ERR_BUSY};
	const struct svsm_keel_call call = {.name = "hello", .version = 1};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		uint32_t bytes = 99;
		uint32_t result = 99;

		begin();
		svsm.unfinished = answers[i];
		svsm.unfinished_left = 4;
		CHECK_EQ(client_keel_call(&client, &call, CALL_GPA, &bytes, &result), ERR_AGAIN);
		CHECK_EQ(result, answers[i]);
		CHECK_EQ(bytes, 99);
		CHECK_EQ(svsm.calls, 3);
		CHECK_EQ(client_keel_call(&client, &call, CALL_GPA, &bytes, &result), ERR_OK);
		CHECK_EQ(result, SVSM_SUCCESS);
		CHECK_EQ(bytes, 0);
		CHECK_EQ(svsm.calls, 5);
		CHECK_EQ(svsm.seen.rcx, CALL_GPA);
	}
}

UNIT_MAIN(CASE(lists), CASE(finds_by_name), CASE(calls_by_name), CASE(unfinished))
