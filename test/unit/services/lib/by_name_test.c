/* Calls by name: which function serves, and what of its reply is sent. */
#include "lib/by_name.h"

#include <string.h>

#include "base/compiler.h"
#include "lib/cbor.h"
#include "msg/msg.h"
#include "unit.h"

enum { ECHO, HOLE, FAIL, LONG, NOT_UTF8, NO_REPLY };

static enum err echo(struct by_name *call)
{
	uint64_t number = cbor_take_uint(&call->in);

	if (cbor_end(&call->in) != ERR_OK) {
		return ERR_FORMAT;
	}
	call->scratch[MSG_SCRATCH_BYTES - 1] = 1;
	cbor_put_uint(&call->out, number + call->vmpl);
	return ERR_OK;
}

static enum err fail_half_way(struct by_name *call)
{
	cbor_put_uint(&call->out, 1);
	return ERR_BUSY;
}

static enum err answer_too_long(struct by_name *call)
{
	static const uint8_t data[MSG_PAYLOAD_BYTES];

	cbor_put_bytes(&call->out, data, sizeof(data));
	return ERR_OK;
}

static enum err answer_no_text(struct by_name *call)
{
	cbor_put_text(&call->out, "\xFF", 1);
	return ERR_OK;
}

static enum err answer_nothing(struct by_name *call)
{
	(void)call;
	return ERR_OK;
}

static const by_name_fn calls[] = {
	[ECHO] = echo,
	[FAIL] = fail_half_way,
	[LONG] = answer_too_long,
	[NOT_UTF8] = answer_no_text,
	[NO_REPLY] = answer_nothing,
};

static const struct {
	const char *name;
	uint32_t flags;
	uint32_t call;
	uint32_t in_bytes;
	enum err want;
	uint32_t out_bytes;
} rows[] = {
	{"answered", MSG_BY_NAME, ECHO, 1, ERR_OK, 1},
	{"malformed", MSG_BY_NAME, ECHO, 2, ERR_FORMAT, 0},
	{"empty", MSG_BY_NAME, ECHO, 0, ERR_FORMAT, 0},
	{"by registers", 0, ECHO, 1, ERR_UNSUPPORTED, 0},
	{"by another service", MSG_FROM_PEER, ECHO, 1, ERR_UNSUPPORTED, 0},
	{"a hole in the table", MSG_BY_NAME, HOLE, 1, ERR_UNSUPPORTED, 0},
	{"behind the table", MSG_BY_NAME, ARRAY_SIZE(calls), 1, ERR_UNSUPPORTED, 0},
	{"far behind it", MSG_BY_NAME, UINT32_MAX, 1, ERR_UNSUPPORTED, 0},
	{"fails half way", MSG_BY_NAME, FAIL, 1, ERR_BUSY, 0},
	{"does not fit", MSG_BY_NAME, LONG, 1, ERR_NOSPC, 0},
	{"is no text", MSG_BY_NAME, NOT_UTF8, 1, ERR_NOSPC, 0},
	{"has no reply", MSG_BY_NAME, NO_REPLY, 1, ERR_OK, 0},
};

TEST(serves)
{
	static struct msg_buffer buffer;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		memset(&buffer, 0, sizeof(buffer));
		buffer.request = (struct msg_header){.flags = rows[i].flags,
						     .call = rows[i].call,
						     .vmpl = 2,
						     .payload_bytes = rows[i].in_bytes};
		buffer.in[0] = 5;
		buffer.reply.payload_bytes = 9;
		CHECK_EQ(by_name_serve(&buffer, calls, ARRAY_SIZE(calls)), rows[i].want);
		CHECK_EQ(buffer.reply.payload_bytes, rows[i].out_bytes);
		if (rows[i].out_bytes != 0) {
			CHECK_EQ(buffer.out[0], 7);
		}
	}
}

UNIT_MAIN(CASE(serves))
