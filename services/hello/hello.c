/*
 * A service in one file: an addition, a greeting that is written to the caller's memory, and a
 * welcome by message.
 */
#include "svsm/hello.h"

#include "base/bits.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/overflow.h"
#include "lib/by_name.h"
#include "lib/cbor.h"
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

/* The text stays in the request. */
struct welcome_args {
	const char *name;
	size_t bytes;
};

static enum err welcome_decode(struct cbor_reader *in, struct welcome_args *args)
{
	(void)cbor_take_map(in);
	cbor_take_key(in, HELLO_REQUEST_NAME);
	args->name = cbor_take_text(in, &args->bytes);
	if (cbor_end(in) != ERR_OK) {
		return ERR_FORMAT;
	}
	return args->bytes <= HELLO_NAME_MAX ? ERR_OK : ERR_INVALID;
}

static enum err welcome(struct by_name *call)
{
	static const char before[] = "Welcome, ";
	static const char after[] = ", says the SVSM";
	struct wrbuf text = wrbuf_over(call->scratch, MSG_SCRATCH_BYTES);
	struct welcome_args args;
	enum err err = welcome_decode(&call->in, &args);

	if (err != ERR_OK) {
		return err;
	}
	(void)wrbuf_put(&text, before, sizeof(before) - 1);
	(void)wrbuf_put(&text, args.name, args.bytes);
	(void)wrbuf_put(&text, after, sizeof(after) - 1);
	cbor_put_map(&call->out, 2);
	cbor_put_uint(&call->out, HELLO_REPLY_WELCOME);
	cbor_put_text(&call->out, (const char *)text.data, text.at);
	cbor_put_uint(&call->out, HELLO_REPLY_VMPL);
	cbor_put_uint(&call->out, call->vmpl);
	return ERR_OK;
}

static const by_name_fn by_name[] = {
	[HELLO_WELCOME] = welcome,
};

static enum err by_registers(const struct msg_header *request, struct msg_header *reply)
{
	switch (request->call) {
	case HELLO_ADD:
		return add(request, reply);
	case HELLO_GREET:
		return greet(request, reply);
	default:
		return ERR_UNSUPPORTED;
	}
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	enum err err;

	if ((request->flags & MSG_BY_NAME) != 0) {
		err = by_name_serve(service_buffer(reply), by_name, ARRAY_SIZE(by_name));
	} else {
		err = by_registers(request, reply);
	}
	reply->result = svsm_result(err);
}
