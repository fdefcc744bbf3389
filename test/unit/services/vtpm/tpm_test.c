/*
 * The real TPM behind the protocol: made at its first command, left as if nobody had used it, never
 * without entropy. Each case runs in a process of its own, for there is one TPM in a process.
 */
#include <fcntl.h>
#include <libtpms/tpm_library.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "lib/cbor.h"
#include "messages.h"
#include "rt/posix/posix.h"
#include "svsm/protocol.h"
#include "svsm/vtpm.h"
#include "unit.h"
#include "vtpm/tpm_libtpms.h"

#define GUEST_BASE UINT64_C(0x100000)
#define NEVER	   UINT64_MAX

static union {
	uint8_t bytes[PAGE_SIZE];
	struct vtpm_request request;
	struct vtpm_response response;
} guest;
static struct msg_buffer buffer;

/* What the kernel did, and from which call on its random numbers fail. */
static struct {
	unsigned int yields;
	unsigned int randoms;
	unsigned int fails_at;
	void (*on_yield)(void); /* what the guest does meanwhile */
} kernel = {.fails_at = UINT32_MAX};

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	(void)context;
	if (call->number == SYS_YIELD) {
		kernel.yields++;
		if (kernel.on_yield != NULL) {
			kernel.on_yield();
		}
		return (struct rt_answer){ERR_OK, 0};
	}
	if (call->number != SYS_RANDOM || kernel.randoms++ >= kernel.fails_at) {
		return (struct rt_answer){ERR_FAULT, 0};
	}
	CHECK_EQ(getrandom((uint8_t *)&buffer + call->a, call->b, 0), (ssize_t)call->b);
	return (struct rt_answer){ERR_OK, 0};
}

static struct posix_world world = {.guest_base = GUEST_BASE,
				   .guest_bytes = sizeof(guest),
				   .guest = guest.bytes,
				   .buffer = &buffer,
				   .answer = answer};

static uint32_t serve(uint32_t call, uint64_t rcx, uint32_t flags)
{
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .flags = flags,
					     .protocol = SVSM_PROTOCOL_VTPM,
					     .call = call,
					     .vmpl = 2,
					     .rcx = rcx};
	posix_serve(&world);
	return buffer.reply.result;
}

static uint32_t be32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

/* What a guest leaves in its page, with something of its own behind it. */
static void put_command(const void *command, uint32_t bytes)
{
	memset(&guest, 0xEE, sizeof(guest));
	guest.request.command = VTPM_TPM_SEND_COMMAND;
	guest.request.locality = 0;
	guest.request.bytes = bytes;
	memcpy(guest.request.tpm_command, command, bytes);
}

/* Sends a TPM command; yields the TPM's response code. */
static uint32_t tpm(const void *command, uint32_t bytes)
{
	put_command(command, bytes);
	CHECK_EQ(serve(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_SUCCESS);
	CHECK_EQ(be32(guest.response.tpm_response + 2), guest.response.bytes);
	for (size_t i = 4 + guest.response.bytes; i < PAGE_SIZE; i++) {
		CHECK_EQ(guest.bytes[i], 0);
	}
	return be32(guest.response.tpm_response + 6);
}
#define TPM(command) tpm((command), sizeof(command))

static const uint8_t startup[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7B, 0, 32};
static const uint8_t self_test[] = {0x80, 0x01, 0, 0, 0, 11, 0, 0, 0x01, 0x43, 1};
static const uint8_t read_clock[] = {0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x81};
/* TPM2_GetCapability(TPM_CAP_HANDLES, the first transient object, 100) */
static const uint8_t list_objects[] = {0x80, 0x01, 0,	 0,    0, 22, 0, 0, 0x01, 0x7A, 0,
				       0,    0,	   0x01, 0x80, 0, 0,  0, 0, 0,	  0,	100};
#define TPM_RC_INITIALIZE UINT32_C(0x100)
#define TPM_RC_FAILURE	  UINT32_C(0x101)

/* In any row, not only in the last one. */
static bool has_failed(void)
{
	return unit.has_failed || unit.failed != 0;
}

/* A case in a process of its own. */
static int alone(void (*run)(void))
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		buffer.deadline = NEVER;
		/* It tells of each failure that is made here. */
		TPMLIB_SetDebugFD(open("/dev/null", O_WRONLY));
		run();
		fflush(NULL);
		_exit(has_failed() ? 1 : 0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}
#define ALONE(name)                                                                                \
	static void name##_alone(void);                                                            \
	TEST(name)                                                                                 \
	{                                                                                          \
		CHECK_EQ(alone(name##_alone), 0);                                                  \
	}                                                                                          \
	static void name##_alone(void)

ALONE(starts_as_if_new)
{
	CHECK_EQ(TPM(get_random), TPM_RC_INITIALIZE);
	CHECK_EQ(TPM(startup), 0);
	CHECK_EQ(TPM(startup), TPM_RC_INITIALIZE);
	/* No objects are left, and this was the first start: reset count 1, restart count 0. */
	CHECK_EQ(TPM(list_objects), 0);
	CHECK_EQ(be32(guest.response.tpm_response + 15), 0);
	CHECK_EQ(TPM(read_clock), 0);
	CHECK_EQ(be32(guest.response.tpm_response + 10 + 16), 1);
	CHECK_EQ(be32(guest.response.tpm_response + 10 + 20), 0);
}

ALONE(answers)
{
	uint8_t first[32];

	CHECK_EQ(TPM(startup), 0);
	CHECK_EQ(TPM(get_random), 0);
	CHECK_EQ(guest.response.bytes, 10 + 2 + 32);
	memcpy(first, guest.response.tpm_response + 12, sizeof(first));
	CHECK_EQ(TPM(get_random), 0);
	CHECK(memcmp(first, guest.response.tpm_response + 12, sizeof(first)) != 0);
	CHECK_EQ(TPM(self_test), 0);
}

/* TPM2_CreatePrimary(endorsement) by the template of a public area; yields its size. */
static uint32_t put_create(uint8_t *to, const uint8_t *area, uint32_t bytes)
{
	static const uint8_t head[] = {0x80, 0x02, 0,	 0, 0, 0, 0, 0,	   0x01, 0x31, 0x40,
				       0,    0,	   0x0B, 0, 0, 0, 9, 0x40, 0,	 0,    9,
				       0,    0,	   0,	 0, 0, 0, 4, 0,	   0,	 0,    0};
	const uint32_t size = sizeof(head) + 2 + bytes + 6;

	memset(to, 0, size);
	memcpy(to, head, sizeof(head));
	to[4] = (uint8_t)(size >> 8);
	to[5] = (uint8_t)size;
	to[sizeof(head)] = (uint8_t)(bytes >> 8);
	to[sizeof(head) + 1] = (uint8_t)bytes;
	memcpy(to + sizeof(head) + 2, area, bytes);
	return size;
}

#define RSA_BYTES  (58 + 256) /* of TPMT_PUBLIC, with the key */
#define RSA_UNIQUE 58
#define ECC_BYTES  (70 + 2 * (2 + 48))

ALONE(vouches_for_its_key)
{
	uint8_t area[RSA_BYTES];
	uint8_t template[RSA_BYTES];
	uint8_t create[512];

	CHECK_EQ(serve(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), SVSM_SUCCESS);
	CHECK_EQ(buffer.reply.payload_bytes, sizeof(area));
	memcpy(area, buffer.out, sizeof(area));
	/* The same again, also when the TPM is in use. */
	CHECK_EQ(TPM(startup), 0);
	CHECK_EQ(serve(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), SVSM_SUCCESS);
	CHECK_MEM(buffer.out, area, sizeof(area));
	/* Who asks the TPM for the template gets that very key. */
	memcpy(template, area, sizeof(area));
	memset(template + RSA_UNIQUE, 0, sizeof(template) - RSA_UNIQUE);
	CHECK_EQ(tpm(create, put_create(create, template, sizeof(template))), 0);
	CHECK_MEM(guest.response.tpm_response + 20, area, sizeof(area));
}

ALONE(vouches_for_all_keys)
{
	struct cbor_reader in;
	size_t bytes;

	CHECK_EQ(serve(MSG_CALL_MANIFEST, 1, MSG_FROM_PEER), SVSM_SUCCESS);
	messages_seen("vtpm-manifest", buffer.out, buffer.reply.payload_bytes);
	in = cbor_reader_over(buffer.out, buffer.reply.payload_bytes);
	CHECK_EQ(cbor_take_map(&in), 3);
	cbor_take_key(&in, 0);
	CHECK_EQ(cbor_take_uint(&in), 1);
	cbor_take_key(&in, 1);
	CHECK(memcmp(cbor_take_text(&in, &bytes), "ephemeral", 9) == 0);
	cbor_take_key(&in, 2);
	CHECK_EQ(cbor_take_array(&in), 2);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(cbor_take_map(&in), 2);
		cbor_take_key(&in, 0);
		CHECK(memcmp(cbor_take_text(&in, &bytes), i == 0 ? "L-1" : "H-3", 3) == 0);
		cbor_take_key(&in, 1);
		(void)cbor_take_bytes(&in, &bytes);
		CHECK_EQ(bytes, i == 0 ? RSA_BYTES : ECC_BYTES);
	}
	CHECK_EQ(cbor_end(&in), ERR_OK);
	CHECK_EQ(serve(MSG_CALL_MANIFEST, 2, MSG_FROM_PEER), SVSM_ERR_INVALID_PARAMETER);
}

/* Time is always up: every look at the clock yields, and nothing else changes. */
ALONE(yields)
{
	buffer.deadline = 0;
	CHECK_EQ(TPM(startup), 0);
	CHECK(kernel.yields > 1000);
	kernel.yields = 0;
	CHECK_EQ(TPM(self_test), 0);
	CHECK(kernel.yields > 100);
	CHECK_EQ(serve(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), SVSM_SUCCESS);
}

static void put_get_random(void)
{
	put_command(get_random, sizeof(get_random));
}

/* A guest that gave a long command up sends another one from the same page: it is not done yet. */
ALONE(another_command_meanwhile)
{
	buffer.deadline = 0;
	CHECK_EQ(TPM(startup), 0);
	put_command(self_test, sizeof(self_test));
	kernel.on_yield = put_get_random;
	CHECK_EQ(serve(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_ERR_BUSY);
	CHECK_MEM(guest.request.tpm_command, get_random, sizeof(get_random));
	CHECK_EQ(guest.bytes[PAGE_SIZE - 1], 0xEE);
	ROW("the first one again has been executed");
	kernel.yields = 0;
	CHECK_EQ(TPM(self_test), 0);
	CHECK_EQ(kernel.yields, 0);
	put_get_random();
	ROW("the other one is next");
	CHECK_EQ(serve(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_SUCCESS);
	CHECK_EQ(guest.response.bytes, 12 + 32);
}

/* TPM2_Startup succeeds once: its answer tells whether a command was executed again. */
static void start_undelivered(void)
{
	put_command(startup, sizeof(startup));
	world.read_only_gpa = GUEST_BASE;
	CHECK_EQ(serve(SVSM_VTPM_CMD, GUEST_BASE, 0), SVSM_ERR_INVALID_ADDRESS);
	world.read_only_gpa = 0;
}

ALONE(nothing_is_executed_twice)
{
	start_undelivered();
	ROW("the same command has its response");
	CHECK_EQ(TPM(startup), 0);
	ROW("once");
	CHECK_EQ(TPM(startup), TPM_RC_INITIALIZE);
}

ALONE(an_old_response_is_void)
{
	start_undelivered();
	CHECK_EQ(TPM(read_clock), 0);
	CHECK_EQ(TPM(startup), TPM_RC_INITIALIZE);
}

/* What a guest does in the cases below, with a key in it that needs good randomness. */
static uint32_t use(void)
{
	uint8_t create[512];
	static const uint8_t ecc[] = {/* P-256, restricted storage key, no policy */
				      0x00, 0x23, 0x00, 0x0B, 0x00, 0x03, 0x00, 0x72, 0x00,
				      0x00, 0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10,
				      0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00};
	uint32_t code = TPM(startup);

	code = code == 0 ? TPM(get_random) : code;
	return code == 0 ? tpm(create, put_create(create, ecc, sizeof(ecc))) : code;
}

/* A child's end when what was to fail was never asked for. */
#define NOT_REACHED 2

/* The kernel's n-th random number fails, and those after it do not: the TPM is out of order. */
static void without_entropy_alone(void)
{
	uint32_t code = use();

	if (kernel.randoms <= kernel.fails_at) {
		CHECK_EQ(code, 0);
		_exit(has_failed() ? 1 : NOT_REACHED);
	}
	CHECK_EQ(code, TPM_RC_FAILURE);
	kernel.fails_at = UINT32_MAX;
	CHECK_EQ(TPM(startup), TPM_RC_FAILURE);
	CHECK_EQ(TPM(get_random), TPM_RC_FAILURE);
	CHECK_EQ(TPM(self_test), TPM_RC_FAILURE);
	CHECK_EQ(serve(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), SVSM_ERR_INVALID_REQUEST);
}

TEST(without_entropy)
{
	int status = 0;
	char name[32];

	for (kernel.fails_at = 0; status == 0 && kernel.fails_at < 100; kernel.fails_at++) {
		(void)snprintf(name, sizeof(name), "random number %u fails", kernel.fails_at);
		ROW(name);
		status = alone(without_entropy_alone);
		CHECK(status == 0 || (kernel.fails_at > 2 && WEXITSTATUS(status) == NOT_REACHED));
	}
	kernel.fails_at = UINT32_MAX;
}

void *__wrap_malloc(size_t bytes);
void *__real_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *at, size_t bytes);
void *__real_realloc(void *at, size_t bytes);

/* Allocations, and which of them fail: one, or all from it on. */
static struct {
	unsigned int count;
	unsigned int fails_at;
	bool stays;
} heap = {.fails_at = UINT32_MAX};

static bool heap_fails(void)
{
	unsigned int n = heap.count++;

	return heap.stays ? n >= heap.fails_at : n == heap.fails_at;
}

void *__wrap_malloc(size_t bytes)
{
	return heap_fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return heap_fails() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *at, size_t bytes)
{
	return heap_fails() ? NULL : __real_realloc(at, bytes);
}

/* Whatever the TPM answers is an answer; it works again, or is out of order. */
static void without_memory_alone(void)
{
	uint32_t code = use();

	if (heap.count <= heap.fails_at) {
		CHECK_EQ(code, 0);
		_exit(has_failed() ? 1 : NOT_REACHED);
	}
	heap.fails_at = UINT32_MAX;
	(void)TPM(get_random);
	(void)TPM(startup);
	if (tpm_lacks_memory() || TPM(get_random) == TPM_RC_FAILURE) {
		CHECK_EQ(TPM(self_test), TPM_RC_FAILURE);
	}
}

/*
 * Allocation n fails, or all from it on; for each of the first, then for ever fewer of them. A
 * service that dies of it is the kernel's to end: OpenSSL's start is not written for this. Anything
 * else has to be an orderly response.
 */
static void without_memory(bool stays)
{
	unsigned int died = 0;
	unsigned int count = 0;
	int status = 0;
	char name[48];

	heap.stays = stays;
	for (unsigned int n = 0; !WIFEXITED(status) || WEXITSTATUS(status) == 0; n += 1 + n / 3) {
		(void)snprintf(name, sizeof(name), "allocation %u fails%s", n, stays ? " on" : "");
		ROW(name);
		heap.fails_at = n;
		status = alone(without_memory_alone);
		CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0 ||
		      WEXITSTATUS(status) == NOT_REACHED);
		died += WIFSIGNALED(status);
		count++;
	}
	heap.fails_at = UINT32_MAX;
	printf("%u of %u starts without memory died\n", died, count);
}

TEST(without_memory_once)
{
	without_memory(false);
}

TEST(without_memory_for_good)
{
	without_memory(true);
}

/* A fault of the library ends the child, as it would end the service. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "handle_segv=0:handle_abort=0:handle_sigfpe=0:handle_sigill=0";
}

/* No keys, so nothing to vouch for. */
ALONE(vouches_for_nothing)
{
	kernel.fails_at = 1;
	CHECK_EQ(serve(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), SVSM_ERR_INVALID_REQUEST);
	CHECK_EQ(serve(MSG_CALL_MANIFEST, 1, MSG_FROM_PEER), SVSM_ERR_INVALID_REQUEST);
	CHECK_EQ(buffer.reply.payload_bytes, 0);
	CHECK_EQ(TPM(startup), TPM_RC_FAILURE);
}

UNIT_MAIN(CASE(starts_as_if_new), CASE(answers), CASE(vouches_for_its_key),
	  CASE(vouches_for_all_keys), CASE(yields), CASE(another_command_meanwhile),
	  CASE(nothing_is_executed_twice), CASE(an_old_response_is_void), CASE(without_entropy),
	  CASE(without_memory_once), CASE(without_memory_for_good), CASE(vouches_for_nothing))
