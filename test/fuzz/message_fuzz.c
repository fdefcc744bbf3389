/*
 * Every header that the kernel reads of a service, and the structure of a call by name. The input
 * says in which bits each differs from a sound one: any bytes can come, and zeros are answered. A
 * call ends with what the reply said, or with the service's death; the bytes of request and reply
 * go where they belong, nothing else changes; all services go on serving.
 */
#include "base/buf.h"
#include "base/compiler.h"
#include "base/overflow.h"
#include "fuzz.h"
#include "ipc/route.h"
#include "ipc/service_table.h"
#include "svsm/keel.h"
#include "svsm/protocol.h"
#include "world.h"

#define STEPS_MAX 8

/* The guest's pages, and where a sound call has its structure and payloads. */
#define GUEST_BYTES (8 * PAGE_SIZE)
#define WANTED	    UINT64_C(0x7000)
#define REQUEST	    UINT64_C(0x1FF0)
#define REPLY	    UINT64_C(0x3FFC)

#define ASKER	      WORLD_SHARED
#define SCRATCH	      offsetof(struct msg_buffer, scratch)
#define PAYLOAD_BYTES 100u /* of sound calls and answers that have one */
#define ROOM	      256u

enum how { BY_REGISTERS, BY_NAME, BY_PEER, HOWS };

/* The input is some of these. From `rcx` on: differences from what is sound. */
struct step {
	uint8_t how;
	uint8_t service; /* by registers: plain or shared */
	uint8_t yields; /* the one that is asked, before it answers */
	uint8_t unused[5];
	uint64_t rcx; /* by name */
	uint64_t index, at, room; /* of SYS_PEER */
	struct msg_header reply;
	struct msg_header request; /* a peer's, or the registers of the call */
	struct svsm_keel_call wanted;
};

static struct step step;
static bool is_hostile; /* the step's call is made, not one that looks whether all is well */
static uint8_t fresh[GUEST_BYTES]; /* the guest's memory at first, */
static uint8_t before[GUEST_BYTES]; /* and when the call is made */
static uint8_t out[MSG_PAYLOAD_BYTES]; /* every answer's payload */
static uint8_t filler[MSG_SCRATCH_BYTES]; /* of the rest of a message buffer */

/* What the service that was called got and gave. */
static struct {
	unsigned int calls;
	struct msg_header request;
	uint8_t in[MSG_PAYLOAD_BYTES];
	struct msg_header reply;
} seen;

static void differ(void *sound, const void *difference, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		((uint8_t *)sound)[i] ^= ((const uint8_t *)difference)[i];
	}
}

static void answer(struct msg_buffer *msg)
{
	const uint32_t bytes = msg->request.payload_bytes;
	bool is_sure = msg->request.protocol == WORLD_PROTOCOL(WORLD_CORE) ||
		       msg->request.protocol == WORLD_PROTOCOL(WORLD_FRAGILE);

	seen.calls++;
	seen.request = msg->request;
	FUZZ_CHECK(bytes <= MSG_PAYLOAD_BYTES);
	memcpy(seen.in, msg->in, bytes);
	/* A request that had to be refused half-way may lie there, until a look at all services. */
	FUZZ_CHECK(!is_hostile ||
		   memcmp(msg->in + bytes, filler + bytes, MSG_PAYLOAD_BYTES - bytes) == 0);
	FUZZ_CHECK(memcmp(msg->out, out, sizeof(out)) == 0);
	FUZZ_CHECK(memcmp(msg->scratch, filler, sizeof(filler)) == 0);
	if (is_hostile && step.yields % 2 != 0) {
		(void)fake_sys(SYS_YIELD, 0, 0, 0);
	}
	world_reply(msg, SVSM_SUCCESS);
	msg->reply.payload_bytes = msg->request.flags != 0 ? PAYLOAD_BYTES : 0;
	if (is_hostile && !is_sure) {
		differ(&msg->reply, &step.reply, sizeof(step.reply));
	}
	seen.reply = msg->reply;
	/* The kernel wrote the request and knows it; what has become of it is of no matter. */
	msg->request = msg->reply;
}

/* What the service must have been given. */
static void expect_request(struct msg_header wanted)
{
	wanted.version = MSG_VERSION;
	wanted.vmpl = 2;
	wanted.vcpu = WORLD_APIC_ID(0);
	FUZZ_CHECK(memcmp(&seen.request, &wanted, sizeof(wanted)) == 0);
}

static bool is_sound(void)
{
	const struct msg_header *reply = &seen.reply;
	uint32_t most = seen.request.flags != 0 ? MSG_PAYLOAD_BYTES : 0;

	return reply->version == MSG_VERSION && reply->protocol == seen.request.protocol &&
	       reply->call == seen.request.call && (reply->flags & ~MSG_REPLY_FLAGS) == 0 &&
	       reply->payload_bytes <= most;
}

static void expect_outputs(uint64_t *rcx, uint64_t *rdx, uint64_t *r8, uint64_t *r9)
{
	const struct msg_header *reply = &seen.reply;

	*rcx = (reply->flags & MSG_SET_RCX) != 0 ? reply->rcx : *rcx;
	*rdx = (reply->flags & MSG_SET_RDX) != 0 ? reply->rdx : *rdx;
	*r8 = (reply->flags & MSG_SET_R8) != 0 ? reply->r8 : *r8;
	*r9 = (reply->flags & MSG_SET_R9) != 0 ? reply->r9 : *r9;
}

/* The peer's call came from here. */
static void expect_peer_request(const struct msg_buffer *msg, uint64_t at, uint64_t index)
{
	const uint8_t *from = (const uint8_t *)msg + at;
	struct msg_header asked;

	FUZZ_CHECK(index < WORLD_SERVICES && index != ASKER);
	FUZZ_CHECK(range_within(at, sizeof(asked) + seen.request.payload_bytes, 0, sizeof(*msg)));
	memcpy(&asked, from, sizeof(asked));
	asked.flags = MSG_FROM_PEER;
	asked.protocol = WORLD_PROTOCOL(index);
	asked.result = 0;
	expect_request(asked);
	FUZZ_CHECK(memcmp(seen.in, from + sizeof(asked), asked.payload_bytes) == 0);
}

/* Its answer, as it has to lie there. */
static void expect_peer_answer(struct msg_buffer *msg, uint64_t at, uint64_t room, uint64_t err)
{
	const uint32_t bytes = seen.reply.payload_bytes;
	struct msg_header answer = seen.request;

	if (!is_sound()) {
		FUZZ_CHECK(err == ERR_DEAD);
		return;
	}
	FUZZ_CHECK(err == (bytes <= room ? ERR_OK : ERR_NOSPC) && room <= MSG_PAYLOAD_BYTES);
	FUZZ_CHECK(range_within(at, sizeof(answer) + room, 0, sizeof(*msg)));
	answer.flags = 0;
	answer.vmpl = 0;
	answer.vcpu = 0;
	answer.result = bytes <= room ? seen.reply.result : SVSM_ERR_INVALID_PARAMETER;
	answer.payload_bytes = bytes;
	expect_outputs(&answer.rcx, &answer.rdx, &answer.r8, &answer.r9);
	memcpy((uint8_t *)msg + at, &answer, sizeof(answer));
	memcpy((uint8_t *)msg + at + sizeof(answer), out, bytes <= room ? bytes : 0);
}

/* A service calls another one. */
static void ask_peer(struct msg_buffer *msg)
{
	static struct msg_buffer expected;
	const uint64_t index = WORLD_PLAIN ^ step.index;
	const uint64_t at = SCRATCH ^ step.at;
	const uint64_t room = ROOM ^ step.room;
	struct msg_header header = {.payload_bytes = PAYLOAD_BYTES};
	uint64_t err;

	differ(&header, &step.request, sizeof(header));
	if (range_within(at, sizeof(header), 0, sizeof(*msg))) {
		memcpy((uint8_t *)msg + at, &header, sizeof(header));
	}
	expected = *msg;
	err = fake_sys(SYS_PEER, index, at, room).err;
	if (err == ERR_AGAIN) {
		FUZZ_CHECK(memcmp(msg, &expected, sizeof(expected)) == 0);
		err = fake_sys(SYS_PEER, index, at, room).err;
	}
	if (seen.calls != 0) {
		expect_peer_request(&expected, at, index);
		expect_peer_answer(&expected, at, room, err);
	} else {
		FUZZ_CHECK(err == ERR_INVALID || err == ERR_DENIED);
	}
	FUZZ_CHECK(memcmp(msg, &expected, sizeof(expected)) == 0);
}

static void program(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		memcpy(msg->in, filler, sizeof(msg->in));
		memcpy(msg->out, out, sizeof(out));
		memcpy(msg->scratch, filler, sizeof(filler));
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		if (is_hostile && step.how % HOWS == BY_PEER &&
		    msg->request.flags != MSG_FROM_PEER) {
			const struct msg_header request = msg->request;

			ask_peer(msg);
			msg->request = request;
			world_reply(msg, SVSM_SUCCESS);
		} else {
			answer(msg);
		}
	}
}

static bool same_registers(const struct route_call *a, const struct route_call *b)
{
	return a->rcx == b->rcx && a->rdx == b->rdx && a->r8 == b->r8 && a->r9 == b->r9;
}

/* The step's call, once more when the service yields. */
static void dispatch(struct route_call *call)
{
	const struct route_call asked = *call;

	seen.calls = 0;
	is_hostile = true;
	route_dispatch(call);
	if (step.how % HOWS != BY_PEER && seen.calls != 0 && step.yields % 2 != 0) {
		FUZZ_CHECK(call->result == SVSM_ERR_INCOMPLETE && same_registers(call, &asked));
		route_dispatch(call);
	}
	is_hostile = false;
	FUZZ_CHECK(seen.calls <= 1);
}

static struct route_call call_of(uint32_t protocol, uint32_t number, uint64_t rcx)
{
	return (struct route_call){.protocol = protocol,
				   .call = number,
				   .vmpl = 2,
				   .vcpu = WORLD_APIC_ID(0),
				   .rcx = rcx};
}

static void call_by_registers(void)
{
	const struct msg_header *want = &step.request;
	uint32_t protocol = WORLD_PROTOCOL(step.service % 2 == 0 ? WORLD_PLAIN : WORLD_SHARED);
	struct route_call call = call_of(protocol, want->call, want->rcx);
	struct route_call expected;

	call.rdx = want->rdx;
	call.r8 = want->r8;
	call.r9 = want->r9;
	expected = call;
	dispatch(&call);
	FUZZ_CHECK(seen.calls == 1);
	expect_request((struct msg_header){.protocol = protocol,
					   .call = want->call,
					   .rcx = want->rcx,
					   .rdx = want->rdx,
					   .r8 = want->r8,
					   .r9 = want->r9});
	if (is_sound()) {
		expect_outputs(&expected.rcx, &expected.rdx, &expected.r8, &expected.r9);
	}
	FUZZ_CHECK(call.result == (is_sound() ? seen.reply.result : SVSM_ERR_KEEL_SERVICE_DIED));
	FUZZ_CHECK(same_registers(&call, &expected));
}

static bool is_guests(uint64_t gpa, uint64_t bytes)
{
	return bytes == 0 || range_within(gpa, bytes, 0, GUEST_BYTES);
}

/* The service was called, so it had to be. */
static void expect_named_request(const struct svsm_keel_call *wanted)
{
	const uint32_t protocol = seen.request.protocol;
	char name[SVSM_KEEL_NAME_BYTES] = {0};
	const char *text;

	FUZZ_CHECK(protocol > WORLD_PROTOCOL(WORLD_CORE));
	text = service_table[protocol - WORLD_PROTOCOL(WORLD_PLAIN) + WORLD_PLAIN].name;
	memcpy(name, text, strlen(text));
	FUZZ_CHECK(memcmp(wanted->name, name, sizeof(name)) == 0 && wanted->version == 1);
	FUZZ_CHECK(wanted->call != MSG_CALL_MANIFEST);
	FUZZ_CHECK(wanted->reserved_24 == 0 && wanted->reserved_34 == 0);
	expect_request((struct msg_header){.flags = MSG_BY_NAME,
					   .protocol = protocol,
					   .call = wanted->call,
					   .rcx = wanted->version,
					   .payload_bytes = wanted->request_bytes});
	FUZZ_CHECK(is_guests(wanted->request_gpa, wanted->request_bytes));
	FUZZ_CHECK(wanted->request_bytes == 0 ||
		   memcmp(seen.in, before + wanted->request_gpa, wanted->request_bytes) == 0);
}

/* What has become of its answer; where the guest's memory ends, the answer may lie there cut. */
static void expect_named_answer(const struct svsm_keel_call *wanted, const struct route_call *call)
{
	const uint64_t gpa = wanted->reply_gpa;
	const uint32_t bytes = seen.reply.payload_bytes;

	if (!is_sound()) {
		FUZZ_CHECK(call->result == SVSM_ERR_KEEL_SERVICE_DIED);
		return;
	}
	FUZZ_CHECK(call->rcx == bytes);
	if (bytes > wanted->reply_bytes) {
		FUZZ_CHECK(call->result == SVSM_ERR_INVALID_PARAMETER);
		return;
	}
	FUZZ_CHECK(call->result ==
		   (is_guests(gpa, bytes) ? seen.reply.result : SVSM_ERR_INVALID_ADDRESS));
	if (gpa < GUEST_BYTES) {
		memcpy(before + gpa, out, bytes < GUEST_BYTES - gpa ? bytes : GUEST_BYTES - gpa);
	}
}

static void expect_refusal(const struct svsm_keel_call *wanted, const struct route_call *call)
{
	FUZZ_CHECK(call->result >= SVSM_ERR_UNSUPPORTED_PROTOCOL &&
		   call->result <= SVSM_ERR_INVALID_PARAMETER);
	/* Else RCX would be the size of a reply. */
	FUZZ_CHECK(call->result != SVSM_ERR_INVALID_PARAMETER || call->rcx <= wanted->reply_bytes ||
		   call->rcx > SVSM_KEEL_BYTES_MAX);
}

static void call_by_name(void)
{
	struct svsm_keel_call wanted = {.name = "plain",
					.version = 1,
					.request_gpa = REQUEST,
					.request_bytes = PAYLOAD_BYTES,
					.reply_gpa = REPLY,
					.reply_bytes = ROOM};
	const uint64_t at = WANTED ^ step.rcx;
	struct route_call call = call_of(SVSM_PROTOCOL_KEEL, SVSM_KEEL_CALL, at);

	differ(&wanted, &step.wanted, sizeof(wanted));
	if (is_guests(at, sizeof(wanted))) {
		memcpy(fake_at(at), &wanted, sizeof(wanted));
	}
	memcpy(before, fake_at(0), GUEST_BYTES);
	dispatch(&call);
	FUZZ_CHECK(call.rdx == 0 && call.r8 == 0 && call.r9 == 0);
	if (seen.calls != 0) {
		FUZZ_CHECK(is_guests(at, sizeof(wanted)) && at % sizeof(uint64_t) == 0);
		expect_named_request(&wanted);
		expect_named_answer(&wanted, &call);
	} else {
		expect_refusal(&wanted, &call);
	}
	FUZZ_CHECK(memcmp(before, fake_at(0), GUEST_BYTES) == 0);
}

static void call_by_peer(void)
{
	struct route_call call = call_of(WORLD_PROTOCOL(ASKER), 0, 0);

	dispatch(&call);
	FUZZ_CHECK(call.result == SVSM_SUCCESS);
}

/* Else a kernel that refuses everything would pass. */
static bool must_be_answered(void)
{
	static const struct step sound;

	return memcmp(&step.rcx, &sound.rcx, sizeof(step) - offsetof(struct step, rcx)) == 0;
}

static void check_services(void)
{
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		struct route_call call = call_of(WORLD_PROTOCOL(i), 0, 0);

		route_dispatch(&call);
		FUZZ_CHECK(call.result == SVSM_SUCCESS);
	}
}

static void fill(uint8_t *data, size_t bytes, size_t factor)
{
	for (size_t i = 0; i < bytes; i++) {
		data[i] = (uint8_t)(i * factor + i / PAGE_SIZE);
	}
}

/* The guest is left with its pages alone. */
static void boot_once(void)
{
	static const struct world world = {.cpus = 1, .guest_vmpl = 2};

	if (fake_programs[0] != NULL) {
		return;
	}
	fill(fresh, sizeof(fresh), 13);
	fill(out, sizeof(out), 7);
	fill(filler, sizeof(filler), 3);
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = program;
	}
	world_boot(&world);
	for (uint64_t page = 0; page < FAKE_GUEST_BYTES; page += PAGE_SIZE) {
		if (page < GUEST_BYTES) {
			world_give(page, 2);
		} else if (world_state(page) != PAGE_FREE) {
			world_set_state(page, PAGE_FREE);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static void (*const calls[HOWS])(void) = {call_by_registers, call_by_name, call_by_peer};
	struct rdbuf in = rdbuf_over(data, bytes);

	boot_once();
	for (unsigned int i = 0; i < STEPS_MAX && rdbuf_left(&in) > 0; i++) {
		size_t left = rdbuf_left(&in);

		memset(&step, 0, sizeof(step));
		(void)rdbuf_copy(&in, &step, left < sizeof(step) ? left : sizeof(step));
		memcpy(fake_at(0), fresh, GUEST_BYTES);
		calls[step.how % HOWS]();
		FUZZ_CHECK(seen.calls == 1 || !must_be_answered());
		check_services();
	}
	fake_console_clear();
	return 0;
}
