/*
 * Fuzz target: what comes back from the PSP and from the host before it. The answer to a request is
 * the input's: raw bytes; a true answer that was changed; or one that is sealed with the key but
 * says what the input says. It is right if a report is handed out only when it is authentic and the
 * answer to this request, no message leaves under a number that another one had, and nothing leaves
 * any more once an answer was not authentic.
 */
#include "fuzz.h"

#include <string.h>

#include "attest_world.h"
#include "base/bits.h"
#include "lib/crypto/aes_gcm.h"
#include "svsm/protocol.h"

#define OPERATION (WORLD_BASE + 8)
#define NONCE	  (WORLD_BASE + 0x100)
#define REPORT	  (WORLD_BASE + 2 * PAGE_SIZE)

enum how { HOW_RAW, HOW_CHANGED, HOW_SEALED, HOW_TRUE, HOW_COUNT };

/* The head of the input; the rest goes into the answer, at `offset`. */
struct input {
	uint8_t how;
	uint8_t err; /* the kernel's */
	uint16_t offset;
	uint32_t reserved;
	uint64_t status; /* SW_EXITINFO2 */
};

static struct input input;
static const uint8_t *tail;
static size_t tail_bytes;
static struct attest_world world;
static struct rt_answer (*world_answer)(void *context, const struct posix_syscall *call);
static bool was_changed;
static unsigned int asked;

static void seal(uint8_t page[PAGE_SIZE])
{
	struct guest_msg_header header;
	struct aes_gcm gcm;
	uint8_t nonce[AES_GCM_NONCE_BYTES] = {0};
	struct aes_gcm_message text = {
		.nonce = nonce,
		.aad = page + offsetof(struct guest_msg_header, algorithm),
		.aad_bytes = sizeof(header) - offsetof(struct guest_msg_header, algorithm),
		.in = page + sizeof(header),
		.out = page + sizeof(header),
	};

	memcpy(&header, page, sizeof(header));
	text.bytes = header.payload_bytes < GUEST_MSG_PAYLOAD_MAX ? header.payload_bytes
								  : GUEST_MSG_PAYLOAD_MAX;
	memcpy(nonce, &header.sequence, sizeof(header.sequence));
	FUZZ_CHECK(aes_gcm_set_key(&gcm, world.psp.key) == ERR_OK);
	FUZZ_CHECK(aes_gcm_seal(&gcm, &text, page) == ERR_OK);
}

static void open(uint8_t page[PAGE_SIZE])
{
	struct guest_msg_header header;
	struct aes_gcm gcm;
	uint8_t nonce[AES_GCM_NONCE_BYTES] = {0};
	struct aes_gcm_message text = {
		.nonce = nonce,
		.aad = page + offsetof(struct guest_msg_header, algorithm),
		.aad_bytes = sizeof(header) - offsetof(struct guest_msg_header, algorithm),
		.in = page + sizeof(header),
		.out = page + sizeof(header),
	};

	memcpy(&header, page, sizeof(header));
	text.bytes = header.payload_bytes;
	memcpy(nonce, &header.sequence, sizeof(header.sequence));
	FUZZ_CHECK(aes_gcm_set_key(&gcm, world.psp.key) == ERR_OK);
	FUZZ_CHECK(aes_gcm_open(&gcm, &text, page) == ERR_OK);
}

/* The true answer, made into the input's. */
static void change(uint8_t page[PAGE_SIZE])
{
	uint8_t was[PAGE_SIZE];
	size_t offset = input.offset % PAGE_SIZE;
	size_t bytes = tail_bytes < PAGE_SIZE - offset ? tail_bytes : PAGE_SIZE - offset;

	memcpy(was, page, sizeof(was));
	if (input.how % HOW_COUNT == HOW_RAW) {
		memset(page, 0, PAGE_SIZE);
	} else if (input.how % HOW_COUNT == HOW_SEALED) {
		open(page);
	}
	if (input.how % HOW_COUNT != HOW_TRUE && bytes != 0) {
		memcpy(page + offset, tail, bytes);
	}
	if (input.how % HOW_COUNT == HOW_SEALED) {
		seal(page);
	}
	was_changed = memcmp(was, page, sizeof(was)) != 0;
}

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	struct rt_answer says = world_answer(context, call);

	/* The first request of a call is answered as the input has it. */
	if (call->number == SYS_PSP && says.err == ERR_OK && says.value == 0 && asked++ == 0) {
		change((uint8_t *)&world.buffer + call->a);
		says.err = input.err % ERR_COUNT;
		says.value = input.status;
	}
	return says;
}

static uint32_t attest(void)
{
	static const struct svsm_attest_services operation = {
		.report_gpa = REPORT,
		.report_bytes = PAGE_SIZE,
		.nonce_gpa = NONCE,
		.nonce_bytes = SVSM_ATTEST_NONCE_BYTES,
		.manifest_gpa = WORLD_BASE + 4 * PAGE_SIZE,
		.manifest_bytes = PAGE_SIZE,
	};

	memcpy(world.guest + (OPERATION - WORLD_BASE), &operation, sizeof(operation));
	return attest_world_call(&world, SVSM_ATTEST_SERVICES, OPERATION)->result;
}

static void check(uint32_t result)
{
	const struct guest_report *report =
		(const struct guest_report *)(world.guest + (REPORT - WORLD_BASE));
	bool was_told = input.err % ERR_COUNT == ERR_OK && input.status == 0;
	unsigned int sent = world.psp.sent;
	uint32_t next;

	FUZZ_CHECK(!world.misused && !world.psp.reused);
	FUZZ_CHECK(result == SVSM_SUCCESS || result == SVSM_ERR_INVALID_REQUEST);
	if (result == SVSM_SUCCESS) {
		FUZZ_CHECK(was_told && report->vmpl == 0);
		FUZZ_CHECK(memcmp(report->report_data, world.psp.asked.report_data, 64) == 0);
		FUZZ_CHECK(!was_changed || input.how % HOW_COUNT != HOW_RAW);
	}
	next = attest();
	FUZZ_CHECK(!world.psp.reused);
	/* Either the channel goes on, or not another message leaves. */
	FUZZ_CHECK(next == SVSM_SUCCESS || world.psp.sent == sent);
	FUZZ_CHECK(next != SVSM_SUCCESS || was_told);
	FUZZ_CHECK(result != SVSM_SUCCESS || next == SVSM_SUCCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes < sizeof(input)) {
		return 0;
	}
	memcpy(&input, data, sizeof(input));
	tail = data + sizeof(input);
	tail_bytes = bytes - sizeof(input);
	asked = 0;
	was_changed = false;
	attest_world_start(&world);
	world_answer = world.posix.answer;
	world.posix.answer = answer;
	FUZZ_CHECK(posix_init(&world.posix) == ERR_OK);
	check(attest());
	return 0;
}
