/* Other services by message, replies that are none, registers, and time. */
#include "base/compiler.h"
#include "base/mem.h"
#include "check.h"
#include "client/client_keel.h"
#include "faulty.h"
#include "hostile.h"
#include "hostile_cases.h"
#include "lib/cbor.h"
#include "msg/msg.h"
#include "msg/sys.h"
#include "svsm.h"
#include "svsm/hello.h"

#define NO_INDEX  1000
#define YIELDS	  100
#define ATTEMPTS  20
#define PATTERN	  0xA5
#define MAX_REPLY SVSM_KEEL_BYTES_MAX
#define CANARY	  0xEE

static struct svsm_keel_call by_name ALIGNED(64);
static uint8_t request[MAX_REPLY];
static uint8_t reply[MAX_REPLY + 64];

/* Where a service is in the table. */
static uint64_t index_of(uint32_t protocol)
{
	struct client_keel_service service = {0};
	uint32_t result = SVSM_SUCCESS;
	uint64_t index = 0;

	while (client_keel_list(svsm_client(), index, &service, &result) == ERR_OK &&
	       result == SVSM_SUCCESS && service.protocol != protocol) {
		index++;
	}
	return result == SVSM_SUCCESS ? index : NO_INDEX;
}

struct peer_try {
	const char *name;
	uint32_t target; /* protocol */
	uint32_t call;
	uint64_t room;
	uint64_t rcx;
	enum err want;
	uint64_t result; /* of a peer that answered */
};

static const struct peer_try peer_tries[] = {
	{"itself", INTRUDER_PROTOCOL, HOSTILE_ECHO, 0, 0, ERR_DENIED, 0},
	{"nobody", 0x12345, HOSTILE_ECHO, 0, 0, ERR_INVALID, 0},
	{"with room past its buffer", HELLO_PROTOCOL, HELLO_ADD, MSG_PAYLOAD_BYTES + 1, 0,
	 ERR_INVALID, 0},
	{"with room for everything", HELLO_PROTOCOL, HELLO_ADD, UINT64_MAX, 0, ERR_INVALID, 0},
	{"core, for another vCPU", SVSM_PROTOCOL_CORE, SVSM_CORE_CREATE_VCPU, 0, RAM_4K, ERR_OK,
	 SVSM_ERR_INVALID_REQUEST},
	{"core, for pages", SVSM_PROTOCOL_CORE, SVSM_CORE_PVALIDATE, 0, RAM_4K, ERR_OK,
	 SVSM_ERR_INVALID_REQUEST},
	{"attestation, for a report", SVSM_PROTOCOL_ATTEST, 0, 0, RAM_4K, ERR_OK,
	 SVSM_ERR_INVALID_REQUEST},
	{"one that dies", FAULTY_PROTOCOL, FAULTY_UD, 0, 0, ERR_DEAD, 0},
	{"one that overruns", FAULTY_PROTOCOL, FAULTY_OVERRUN, 0, 0, ERR_DEAD, 0},
	{"one that answers too much", GLUTTON_PROTOCOL, HOSTILE_REPLY_BYTES, MSG_PAYLOAD_BYTES,
	 MSG_PAYLOAD_BYTES + 1, ERR_DEAD, 0},
	{"one that answers more than there is room for", GLUTTON_PROTOCOL, HOSTILE_REPLY_BYTES, 8,
	 MSG_PAYLOAD_BYTES, ERR_NOSPC, 0},
	{"one that answers for core", GLUTTON_PROTOCOL, HOSTILE_REPLY_OTHERS, 0, SVSM_PROTOCOL_CORE,
	 ERR_DEAD, 0},
	{"one that yields often", FAULTY_PROTOCOL, FAULTY_YIELD, 0, YIELDS, ERR_OK, SVSM_SUCCESS},
};

static void check_long_requests(void)
{
	static const uint32_t bytes[] = {MSG_PAYLOAD_BYTES + 1, UINT32_MAX};

	for (unsigned int i = 0; i < ARRAY_SIZE(bytes); i++) {
		hostile_try("with too much to say",
			    hostile_call(INTRUDER_PROTOCOL, HOSTILE_PEER_LONG,
					 index_of(HELLO_PROTOCOL), HELLO_ADD, 0, bytes[i])
				    .rcx,
			    ERR_INVALID);
	}
}

/* The peer calls a third one for its answer; that it was refused is what it answers. */
static void check_no_chain(void)
{
	struct client_call call =
		hostile_call(INTRUDER_PROTOCOL, HOSTILE_PEER, index_of(GLUTTON_PROTOCOL),
			     HOSTILE_PEER, 0, index_of(HELLO_PROTOCOL));

	hostile_try("while it answers a peer", call.rcx == ERR_OK ? call.r8 : UINT64_MAX,
		    ERR_DENIED);
}

void hostile_cases_peers(void)
{
	check_subject("calls another service: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(peer_tries); i++) {
		const struct peer_try *t = &peer_tries[i];
		struct client_call call =
			hostile_call(INTRUDER_PROTOCOL, HOSTILE_PEER, index_of(t->target), t->call,
				     t->room, t->rcx);

		hostile_try(t->name, call.rcx << 32 | (call.rcx == ERR_OK ? call.rdx : 0),
			    (uint64_t)t->want << 32 | t->result);
	}
	check_long_requests();
	check_no_chain();
}

/* Sends the first bytes of `request` to the hostile service, which repeats them. */
static uint64_t parrot(uint32_t bytes, uint32_t room, uint64_t *reply_bytes)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_KEEL, SVSM_KEEL_CALL),
		.rcx = (uintptr_t)&by_name,
	};

	by_name = (struct svsm_keel_call){
		.name = "hostile",
		.version = HOSTILE_VERSION,
		.call = HOSTILE_PARROT,
		.request_gpa = (uintptr_t)request,
		.request_bytes = bytes,
		.reply_gpa = (uintptr_t)reply,
		.reply_bytes = room,
	};
	memset(reply, CANARY, sizeof(reply));
	compiler_barrier();
	(void)svsm_call(&call);
	compiler_barrier();
	*reply_bytes = call.rcx;
	return call.rax;
}

static enum err judge(uint64_t bytes)
{
	struct cbor_reader reader = cbor_reader_over(reply, bytes);

	cbor_skip(&reader);
	return cbor_end(&reader);
}

static const struct {
	const char *name;
	const char *data;
	uint32_t bytes;
	enum err want;
} messages[] = {
	{"a message", "\xA1\x00\x01", 3, ERR_OK},
	{"nothing", "", 0, ERR_FORMAT},
	{"half a message", "\xA2\x00\x01", 3, ERR_FORMAT},
	{"a message and more", "\xA1\x00\x01\x00\x00", 5, ERR_FORMAT},
	{"a key twice", "\xA2\x00\x01\x00\x02", 5, ERR_FORMAT},
	{"keys out of order", "\xA2\x01\x01\x00\x02", 5, ERR_FORMAT},
	{"a longer form", "\xA1\x00\x19\x00\x01", 5, ERR_FORMAT},
	{"a length beyond the end", "\x5B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9, ERR_FORMAT},
	{"an open array", "\x9F\x00\xFF", 3, ERR_FORMAT},
	{"text that is none", "\x61\xFF", 2, ERR_FORMAT},
	{"too deep a message", "\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00", 10, ERR_FORMAT},
};

/* The kernel carries them; it is whoever reads them that refuses. */
static void check_readers(void)
{
	uint64_t bytes = 0;

	check_subject("a reply that is read: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(messages); i++) {
		memcpy(request, messages[i].data, messages[i].bytes);
		if (parrot(messages[i].bytes, MAX_REPLY, &bytes) != SVSM_SUCCESS) {
			bytes = 0;
		}
		hostile_try(messages[i].name, (uint64_t)judge(bytes), (uint64_t)messages[i].want);
	}
}

/* Four bytes say how many the reply is to have. */
static uint64_t parrot_of(uint32_t wanted, uint32_t room, uint64_t *bytes)
{
	memcpy(request, &wanted, sizeof(wanted));
	return parrot(sizeof(wanted), room, bytes);
}

static bool is_untouched(size_t from)
{
	for (size_t i = from; i < sizeof(reply); i++) {
		if (reply[i] != CANARY) {
			return false;
		}
	}
	return true;
}

static void check_sizes(void)
{
	uint64_t bytes = 0;

	check_subject("the size of a reply: ");
	hostile_try("the largest", parrot_of(MAX_REPLY, MAX_REPLY, &bytes), SVSM_SUCCESS);
	hostile_try("nothing behind it", is_untouched(MAX_REPLY), true);
	hostile_try("more than there is room for", parrot_of(MAX_REPLY, 64, &bytes),
		    SVSM_ERR_INVALID_PARAMETER);
	hostile_try("is not written in part", bytes == MAX_REPLY && is_untouched(0), true);
	hostile_died("one byte too long", HOSTILE_PROTOCOL,
		     parrot_of(MAX_REPLY + 1, MAX_REPLY, &bytes));
	hostile_died("far too long", HOSTILE_PROTOCOL, parrot_of(UINT32_MAX, MAX_REPLY, &bytes));
	hostile_deadly("a payload by registers", HOSTILE_PROTOCOL, HOSTILE_REPLY_BYTES, 1, 0);
	hostile_deadly("the largest by registers", HOSTILE_PROTOCOL, HOSTILE_REPLY_BYTES,
		       UINT32_MAX, 0);
}

void hostile_cases_messages(void)
{
	struct client_call echo = {.rax = SVSM_CALL(HOSTILE_PROTOCOL, HOSTILE_ECHO), .rcx = 1};

	check_readers();
	check_sizes();
	check_subject("replies: ");
	hostile_deadly("for core", HOSTILE_PROTOCOL, HOSTILE_REPLY_OTHERS, SVSM_PROTOCOL_CORE, 0);
	hostile_deadly("for hello", HOSTILE_PROTOCOL, HOSTILE_REPLY_OTHERS, HELLO_PROTOCOL, 0);
	(void)hostile_call(HOSTILE_PROTOCOL, HOSTILE_REPLY_TWICE, 0, 0, 0, 0);
	hostile_died("a second time, to the next call", HOSTILE_PROTOCOL, svsm_call(&echo));
}

static uint64_t control(uint64_t mxcsr, uint64_t fcw)
{
	return mxcsr << 32 | fcw;
}

static void check_registers(const char *who, uint32_t protocol, uint8_t byte, uint64_t words)
{
	struct client_call call = hostile_call(protocol, HOSTILE_FPU_GET, byte, 0, 0, 0);

	check_subject(who);
	hostile_try("its registers are its own", call.rcx, 0);
	hostile_try("its control words are its own", call.rdx, words);
}

void hostile_cases_registers(void)
{
	const uint64_t reset = control(HOSTILE_MXCSR_RESET, HOSTILE_FCW_RESET);
	const uint64_t set = control(HOSTILE_MXCSR, HOSTILE_FCW);

	check_subject("registers of SSE: ");
	hostile_deadly("used without uses_fpu", HOSTILE_PROTOCOL, HOSTILE_FPU_SET, PATTERN, 0);
	hostile_deadly("read without uses_fpu", HOSTILE_PROTOCOL, HOSTILE_FPU_GET, 0, 0);
	(void)hostile_call(INTRUDER_PROTOCOL, HOSTILE_FPU_SET, PATTERN, 0, 0, 0);
	check_registers("registers of a service beside another: ", GLUTTON_PROTOCOL, 0, reset);
	hostile_deadly("without uses_fpu, after another", HOSTILE_PROTOCOL, HOSTILE_FPU_GET, 0, 0);
	check_registers("registers of the other: ", INTRUDER_PROTOCOL, PATTERN, set);
	hostile_deadly("AVX", INTRUDER_PROTOCOL, HOSTILE_FPU_WIDE, 0, 0);
	check_registers("registers after a restart: ", INTRUDER_PROTOCOL, 0, reset);
	hostile_deadly("XSAVE", GLUTTON_PROTOCOL, HOSTILE_FPU_XSAVE, 0, 0);
}

static const struct {
	const char *name;
	uint32_t protocol;
	enum hostile_loop loop;
} loops[] = {
	{"asks for the time for ever", HOSTILE_PROTOCOL, HOSTILE_LOOP_TIME},
	{"is refused for ever", HOSTILE_PROTOCOL, HOSTILE_LOOP_COPY},
	{"emulated instructions for ever", HOSTILE_PROTOCOL, HOSTILE_LOOP_CPUID},
	{"floods another service", INTRUDER_PROTOCOL, HOSTILE_LOOP_PEER},
	{"Linux calls for ever", INTRUDER_PROTOCOL, HOSTILE_LOOP_LINUX},
};

/* It keeps what is its own, and the vCPU is free for others between two attempts. */
static void check_yields(void)
{
	struct client_call call = {.rax = SVSM_CALL(HOSTILE_PROTOCOL, HOSTILE_YIELD),
				   .rcx = YIELDS};
	struct client_call echo = {.rax = SVSM_CALL(HOSTILE_PROTOCOL, HOSTILE_ECHO), .rcx = 41};

	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		struct client_call attempt = call;

		hostile_try("yields and yields", svsm_call_pending(&attempt, 1),
			    SVSM_ERR_INCOMPLETE);
	}
	/* Given up. Whoever calls next helps it to its end, and is BUSY meanwhile. */
	hostile_try("is in the way of its own callers alone", svsm_call(&echo), SVSM_SUCCESS);
	hostile_try("and answers them", echo.rcx, 42);
}

/* The loops filled the log; what another one does has to be told all the same. */
static void check_log(void)
{
	struct client_call call =
		hostile_call(INTRUDER_PROTOCOL, HOSTILE_SYSCALL + SYS_DEPOSIT, 0, 1, 0, 0);

	hostile_try("another's fault after the flood", call.rcx, ERR_DENIED);
}

void hostile_cases_time(void)
{
	check_subject("time: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(loops); i++) {
		hostile_deadly(loops[i].name, loops[i].protocol, HOSTILE_LOOP, loops[i].loop,
			       index_of(HELLO_PROTOCOL));
	}
	check_yields();
	check_log();
}
