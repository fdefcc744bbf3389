/*
 * Fuzz target: the vTPM from a guest's page to libtpms and back. Each input begins with a TPM that
 * has been started and has no state from the one before. It is right if every answer is a result
 * code without outputs or a page with one whole response and zeros behind it, and if what was
 * refused left the page alone.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <libtpms/tpm_library.h>
#include <string.h>
#include <sys/random.h>

#include "base/bits.h"
#include "rt/posix/posix.h"
#include "svsm/protocol.h"
#include "svsm/vtpm.h"

#define GUEST_BASE   UINT64_C(0x100000)
#define COMMANDS_MAX 16

/* The first byte of an input. */
#define INPUT_RAW  BIT32(0) /* the rest is the page as it is; else commands, each u16 and bytes */
#define INPUT_LATE BIT32(1) /* time is always up */

static union {
	uint8_t bytes[PAGE_SIZE];
	struct vtpm_request request;
	struct vtpm_response response;
} guest;
static uint8_t before[PAGE_SIZE];
static struct msg_buffer buffer;

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	(void)context;
	if (call->number == SYS_RANDOM) {
		FUZZ_CHECK(call->a + call->b <= sizeof(buffer));
		FUZZ_CHECK(getrandom((uint8_t *)&buffer + call->a, call->b, 0) == (ssize_t)call->b);
		return (struct rt_answer){ERR_OK, 0};
	}
	FUZZ_CHECK(call->number == SYS_YIELD || call->number == SYS_LAUNCH_SECRET);
	return (struct rt_answer){call->number == SYS_YIELD ? ERR_OK : ERR_REQUEST, 0};
}

static struct posix_world world = {
	.guest_base = GUEST_BASE,
	.guest_bytes = sizeof(guest),
	.guest = guest.bytes,
	.buffer = &buffer,
	.answer = answer,
};

static uint32_t be32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static void check_response(void)
{
	const struct vtpm_response *r = &guest.response;

	FUZZ_CHECK(r->bytes >= 10 && r->bytes <= sizeof(r->tpm_response));
	FUZZ_CHECK(be32(r->tpm_response + 2) == r->bytes);
	for (size_t i = r->bytes; i < sizeof(r->tpm_response); i++) {
		FUZZ_CHECK(r->tpm_response[i] == 0);
	}
}

static void call(void)
{
	memcpy(before, guest.bytes, sizeof(before));
	buffer.request = (struct msg_header){.version = MSG_VERSION,
					     .protocol = SVSM_PROTOCOL_VTPM,
					     .call = SVSM_VTPM_CMD,
					     .vmpl = 2,
					     .rcx = GUEST_BASE};
	posix_serve(&world);
	FUZZ_CHECK(buffer.reply.flags == 0 && buffer.reply.payload_bytes == 0);
	if (buffer.reply.result == SVSM_SUCCESS) {
		check_response();
	} else {
		FUZZ_CHECK(memcmp(before, guest.bytes, sizeof(before)) == 0);
	}
}

/* A command whose sizes are right, whatever else is in it. */
static void command(const uint8_t *data, size_t bytes)
{
	size_t part = bytes < sizeof(guest.request.tpm_command) ? bytes
								: sizeof(guest.request.tpm_command);

	memset(&guest, 0, sizeof(guest));
	guest.request.command = VTPM_TPM_SEND_COMMAND;
	guest.request.bytes = (uint32_t)part;
	memcpy(guest.request.tpm_command, data, part);
	for (unsigned int i = 0; i < 4; i++) {
		guest.request.tpm_command[2 + i] = (uint8_t)(part >> (24 - 8 * i));
	}
	call();
}

static void begin(void)
{
	static const uint8_t startup[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
	static bool is_made;

	buffer.deadline = UINT64_MAX;
	if (!is_made) {
		TPMLIB_SetDebugFD(open("/dev/null", O_WRONLY));
		command(startup, sizeof(startup));
	}
	is_made = true;
	TPMLIB_Terminate();
	FUZZ_CHECK(TPMLIB_MainInit() == 0);
	command(startup, sizeof(startup));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	size_t at = 1;

	if (bytes == 0) {
		return 0;
	}
	begin();
	buffer.deadline = (data[0] & INPUT_LATE) != 0 ? 0 : UINT64_MAX;
	if ((data[0] & INPUT_RAW) != 0) {
		memset(&guest, 0, sizeof(guest));
		memcpy(&guest, data + 1, bytes - 1 < sizeof(guest) ? bytes - 1 : sizeof(guest));
		call();
		return 0;
	}
	for (unsigned int i = 0; i < COMMANDS_MAX && at + 2 <= bytes; i++) {
		size_t part = data[at] | (size_t)data[at + 1] << 8;

		at += 2;
		part = part < bytes - at ? part : bytes - at;
		command(data + at, part);
		at += part;
	}
	return 0;
}
