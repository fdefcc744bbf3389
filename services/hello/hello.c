/* A service in one file: an addition, and a greeting that is written to the caller's memory. */
#include "svsm/hello.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/overflow.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "svsm/result.h"

/* VMPL's digit follows. */
static const char greeting[] = "Hello from the SVSM, dear VMPL";

#define GREETING_BYTES (sizeof(greeting) - 1 + 1)

/* A buffer of the caller's. Whether it is the caller's memory at all is the kernel's to see. */
struct greet_args {
	uint64_t gpa;
	uint64_t bytes;
};

enum err service_init(void)
{
	return ERR_OK;
}

static enum err add(const struct msg_header *request, struct msg_header *reply)
{
	uint64_t sum;

	if (!add_fits(request->rcx, request->rdx, &sum)) {
		return ERR_INVALID;
	}
	reply->rcx = sum;
	reply->flags = MSG_SET_RCX;
	return ERR_OK;
}

static enum err greet_decode(const struct msg_header *request, struct greet_args *args)
{
	uint64_t room = PAGE_SIZE - (request->rcx & (PAGE_SIZE - 1));

	if (request->rdx > room) {
		return ERR_INVALID;
	}
	if (request->rdx < GREETING_BYTES) {
		return ERR_NOSPC;
	}
	*args = (struct greet_args){request->rcx, GREETING_BYTES};
	return ERR_OK;
}

static enum err greet(const struct msg_header *request, struct msg_header *reply)
{
	uint8_t *text = service_buffer(reply)->scratch;
	struct greet_args args;
	enum err err = greet_decode(request, &args);

	if (err != ERR_OK) {
		return err;
	}
	memcpy(text, greeting, sizeof(greeting) - 1);
	text[sizeof(greeting) - 1] = (uint8_t)('0' + request->vmpl);
	err = sys_copy_to_guest(args.gpa, SERVICE_SCRATCH, args.bytes);
	if (err == ERR_OK) {
		reply->rdx = args.bytes;
		reply->flags = MSG_SET_RDX;
	}
	return err;
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	enum err err = ERR_UNSUPPORTED;

	switch (request->call) {
	case HELLO_ADD:
		err = add(request, reply);
		break;
	case HELLO_GREET:
		err = greet(request, reply);
		break;
	default:
		break;
	}
	reply->result = svsm_result(err);
}
