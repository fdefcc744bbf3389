/* Calls between services, from inside a service that has the right to make them. */
#include <string.h>

#include "ipc/route.h"
#include "ipc/service_table.h"
#include "svsm/protocol.h"
#include "world.h"
#include "x86/regs.h"

#define AT SERVICE_SCRATCH
#define SERVICE_SCRATCH offsetof(struct msg_buffer, scratch)

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

static void (*caller)(struct msg_buffer *msg);
static uint32_t seen_flags, seen_vmpl;
static bool peer_yields, peer_dies;

/* Answers with its payload inverted and RCX plus one; asks a peer itself when told by call 1. */
static void peer(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		seen_flags = msg->request.flags;
		seen_vmpl = msg->request.vmpl;
		if (peer_yields) {
			(void)fake_sys(SYS_YIELD, 0, 0, 0);
		}
		if (peer_dies) {
			fake_raise(VECTOR_GP, 0);
		}
		world_reply(msg, SVSM_SUCCESS);
		msg->reply.flags = MSG_SET_RCX;
		msg->reply.rcx = msg->request.rcx + 1;
		msg->reply.payload_bytes = msg->request.payload_bytes;
		for (uint32_t i = 0; i < msg->request.payload_bytes; i++) {
			msg->out[i] = (uint8_t)~msg->in[i];
		}
	}
}

static void shared(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		if (msg->request.flags == 0) {
			caller(msg);
		}
		world_reply(msg, SVSM_SUCCESS);
	}
}

static void run(void (*what)(struct msg_buffer *msg))
{
	struct route_call call = { .protocol = WORLD_PROTOCOL(WORLD_SHARED), .vmpl = 3 };

	fake_programs[WORLD_PLAIN] = peer;
	fake_programs[WORLD_FRAGILE] = peer;
	fake_programs[WORLD_SHARED] = shared;
	world_boot(&one_cpu);
	caller = what;
	do {
		route_dispatch(&call);
	} while (call.result == SVSM_ERR_INCOMPLETE);
	CHECK_EQ(call.result, SVSM_SUCCESS);
}

static struct msg_header *put(struct msg_buffer *msg, uint32_t bytes)
{
	struct msg_header *header = (struct msg_header *)(void *)msg->scratch;

	*header = (struct msg_header){ .call = 5, .rcx = 41, .rdx = 2, .payload_bytes = bytes };
	for (uint32_t i = 0; i < bytes && i < MSG_PAYLOAD_BYTES; i++) {
		msg->scratch[sizeof(*header) + i] = (uint8_t)i;
	}
	return header;
}

static void asks(struct msg_buffer *msg)
{
	struct msg_header *header = put(msg, 300);

	CHECK_EQ(fake_sys(SYS_PEER, WORLD_PLAIN, AT, 300).err, ERR_OK);
	CHECK_EQ(header->result, SVSM_SUCCESS);
	CHECK_EQ(header->rcx, 42);
	CHECK_EQ(header->rdx, 2);
	CHECK_EQ(header->payload_bytes, 300);
	CHECK_EQ(msg->scratch[sizeof(*header) + 299], (uint8_t)~299);
	CHECK_EQ(seen_flags, MSG_FROM_PEER);
	CHECK_EQ(seen_vmpl, 3);
	ROW("too little room");
	header = put(msg, 300);
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_PLAIN, AT, 299).err, ERR_NOSPC);
	CHECK_EQ(header->payload_bytes, 300);
	CHECK_EQ(msg->scratch[sizeof(*header) + 7], 7);
}

static void refused(struct msg_buffer *msg)
{
	const struct {
		const char *name;
		uint64_t index, at, room;
		uint32_t bytes;
		enum err want;
	} rows[] = {
		{ "itself", WORLD_SHARED, AT, 8, 0, ERR_DENIED },
		{ "nobody", WORLD_SERVICES, AT, 8, 0, ERR_INVALID },
		{ "nobody", UINT64_MAX, AT, 8, 0, ERR_INVALID },
		{ "nobody", UINT64_C(1) << 32, AT, 8, 0, ERR_INVALID },
		{ "outside the buffer", WORLD_PLAIN, sizeof(struct msg_buffer), 8, 0, ERR_INVALID },
		{ "wraps", WORLD_PLAIN, UINT64_MAX - 7, 8, 0, ERR_INVALID },
		{ "room past the buffer", WORLD_PLAIN, sizeof(struct msg_buffer) - 72, 9, 0,
		  ERR_INVALID },
		{ "too much room", WORLD_PLAIN, AT, 4097, 0, ERR_INVALID },
		{ "too long", WORLD_PLAIN, AT, 8, 4097, ERR_INVALID },
		{ "too long", WORLD_PLAIN, AT, 8, UINT32_MAX, ERR_INVALID },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		(void)put(msg, rows[i].bytes);
		CHECK_EQ(fake_sys(SYS_PEER, rows[i].index, rows[i].at, rows[i].room).err,
			 rows[i].want);
	}
}

static void waits(struct msg_buffer *msg)
{
	struct msg_header *header = put(msg, 10);

	peer_yields = true;
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_PLAIN, AT, 10).err, ERR_AGAIN);
	CHECK_EQ(fake_sys(SYS_YIELD, 0, 0, 0).err, ERR_OK);
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_PLAIN, AT, 10).err, ERR_OK);
	CHECK_EQ(header->rcx, 42);
	peer_yields = false;
}

static void survives(struct msg_buffer *msg)
{
	peer_dies = true;
	(void)put(msg, 10);
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_PLAIN, AT, 10).err, ERR_DEAD);
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_FRAGILE, AT, 10).err, ERR_DEAD);
	peer_dies = false;
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_PLAIN, AT, 10).err, ERR_OK);
	CHECK_EQ(fake_sys(SYS_PEER, WORLD_FRAGILE, AT, 10).err, ERR_DEAD);
}

static void described(struct msg_buffer *msg)
{
	const struct sys_service *about = (const struct sys_service *)(const void *)msg->scratch;

	CHECK_EQ(fake_sys(SYS_SERVICE, WORLD_PLAIN, AT, 0).err, ERR_OK);
	CHECK(strcmp(about->name, "plain") == 0);
	CHECK_EQ(about->protocol, WORLD_PROTOCOL(WORLD_PLAIN));
	CHECK_EQ(about->flags, SYS_SERVICE_UP | SYS_SERVICE_MESSAGES);
	CHECK_EQ(about->guid[0], WORLD_PLAIN);
	ROW("past the end");
	CHECK_EQ(fake_sys(SYS_SERVICE, WORLD_SERVICES, AT, 0).err, ERR_INVALID);
	CHECK_EQ(fake_sys(SYS_SERVICE, UINT64_MAX, AT, 0).err, ERR_INVALID);
	CHECK_EQ(fake_sys(SYS_SERVICE, 0, sizeof(struct msg_buffer) - 95, 0).err, ERR_INVALID);
}

WORLD_TEST(calls)
{
	run(asks);
}

WORLD_TEST(refusals)
{
	run(refused);
}

WORLD_TEST(peer_that_yields)
{
	run(waits);
}

WORLD_TEST(peer_that_dies)
{
	run(survives);
}

WORLD_TEST(descriptions)
{
	run(described);
}

UNIT_MAIN(CASE(calls), CASE(refusals), CASE(peer_that_yields), CASE(peer_that_dies),
	  CASE(descriptions))
