/* Keel's message protocol: the list of services, and calls by name that are right or wrong. */
#include "bad.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "client/client_keel.h"
#include "echo.h"
#include "smp.h"
#include "svsm.h"
#include "svsm/hello.h"
#include "vmsa.h"

#define KEEL(call) SVSM_CALL(SVSM_PROTOCOL_KEEL, (call))

/* Validated here, but for the last. */
#define VMSA_GPA      (RAM_4K + 0xE1000)
#define AREA_GPA      (RAM_4K + 0xE2000)
#define EDGE_GPA      (RAM_4K + 0xE3000) /* the page before the untouched one */
#define UNTOUCHED_GPA (RAM_4K + 0xE4000)

#define FILLING 0xEE
#define PAGES	4

/* Call, request and reply, anywhere in their pages. */
static uint8_t descriptor_pages[2 * PAGE_SIZE] ALIGNED(4096);
static uint8_t request_pages[PAGES * PAGE_SIZE] ALIGNED(4096);
static uint8_t reply_pages[PAGES * PAGE_SIZE] ALIGNED(4096);

/* {0: "Ada"} */
static const uint8_t ada[] = {0xA1, 0x00, 0x63, 'A', 'd', 'a'};
static const char welcome[] = "\xA2\x00\x78\x1BWelcome, Ada, says the SVSM\x01";
/* The VMPL follows. */
#define WELCOME_BYTES sizeof(welcome)

static uint64_t gpa_of(const void *where)
{
	return (uintptr_t)where;
}

static struct svsm_keel_call *descriptor(void)
{
	return (struct svsm_keel_call *)(void *)descriptor_pages;
}

/* hello's welcome for Ada, request and room at the start of their pages. */
static struct svsm_keel_call good_call(void)
{
	memset(reply_pages, FILLING, sizeof(reply_pages));
	memcpy(request_pages, ada, sizeof(ada));
	return (struct svsm_keel_call){
		.name = "hello",
		.version = HELLO_VERSION,
		.call = HELLO_WELCOME,
		.request_gpa = gpa_of(request_pages),
		.request_bytes = sizeof(ada),
		.reply_gpa = gpa_of(reply_pages),
		.reply_bytes = SVSM_KEEL_BYTES_MAX,
	};
}

static struct client_call registers_for(uint64_t descriptor_gpa)
{
	return (struct client_call){.rax = KEEL(SVSM_KEEL_CALL), .rcx = descriptor_gpa};
}

/* Makes the call until it is answered; yields RAX, and RCX through *bytes. */
static uint64_t make(const struct svsm_keel_call *call, uint64_t *bytes)
{
	struct client_call registers = registers_for(gpa_of(descriptor()));

	*descriptor() = *call;
	compiler_barrier();
	(void)svsm_call(&registers);
	*bytes = registers.rcx;
	return registers.rax;
}

static void check_make(const char *name, const struct svsm_keel_call *call, uint64_t want)
{
	uint64_t bytes;

	check_equal(name, make(call, &bytes), want);
}

/* Is the reply there, to the byte, and nothing around it? */
static bool is_welcome(const uint8_t *reply)
{
	bool is_good = memcmp(reply, welcome, WELCOME_BYTES - 1) == 0 &&
		       reply[WELCOME_BYTES - 1] == svsm_vmpl();

	for (const uint8_t *at = reply_pages; at < reply_pages + sizeof(reply_pages); at++) {
		is_good =
			is_good && ((at >= reply && at < reply + WELCOME_BYTES) || *at == FILLING);
	}
	return is_good;
}

static void check_list(void)
{
	struct client_keel_service service = {0};
	struct client_call last = {.rax = KEEL(SVSM_KEEL_LIST)};
	uint64_t count = 0;

	check_subject("LIST: ");
	for (; svsm_call(&last) == SVSM_SUCCESS; last.rax = KEEL(SVSM_KEEL_LIST)) {
		last.rcx = ++count;
	}
	check_equal("ends with", last.rax, SVSM_ERR_INVALID_PARAMETER);
	check_true("has services", count >= 3);
	last = (struct client_call){.rax = KEEL(SVSM_KEEL_LIST), .rcx = count};
	check_call("behind the end", last, SVSM_ERR_INVALID_PARAMETER);
	last.rcx = BIT(32);
	check_call("place 2^32", last, SVSM_ERR_INVALID_PARAMETER);
	last.rcx = UINT64_MAX;
	check_call("place 2^64 - 1", last, SVSM_ERR_INVALID_PARAMETER);
	check_equal("has core", client_keel_find(svsm_client(), "core", &service), ERR_OK);
	check_true("core is up, and not called by name",
		   service.flags == SVSM_KEEL_UP && service.protocol == SVSM_PROTOCOL_CORE);
	check_equal("has hello", client_keel_find(svsm_client(), "hello", &service), ERR_OK);
	check_true("hello is called by name",
		   service.flags == (SVSM_KEEL_UP | SVSM_KEEL_MESSAGES) &&
			   service.protocol == HELLO_PROTOCOL);
	check_equal("has echo", client_keel_find(svsm_client(), "echo", &service), ERR_OK);
	check_true("echo's versions", service.version_min == ECHO_VERSION_MIN &&
					      service.version_max == ECHO_VERSION_MAX);
	check_equal("has no other", client_keel_find(svsm_client(), "nobody", &service),
		    ERR_UNSUPPORTED);
}

/* Where request and reply lie must not matter. */
static const struct {
	const char *name;
	uint32_t request;
	uint32_t reply;
	uint32_t descriptor;
} places[] = {
	{"at the start of pages", 0, 0, 0},
	{"at odd addresses", 1, 3, 8},
	{"to the last byte of pages", PAGE_SIZE - sizeof(ada), PAGE_SIZE - WELCOME_BYTES,
	 PAGE_SIZE - sizeof(struct svsm_keel_call)},
	{"request across pages", PAGE_SIZE - 1, 0, 0},
	{"reply across pages", 0, PAGE_SIZE - 1, 0},
	{"both across pages", 2 * PAGE_SIZE - 3, 2 * PAGE_SIZE - 30, 16},
};

static void check_places(void)
{
	check_subject("CALL: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		struct svsm_keel_call call = good_call();
		uint8_t *request = request_pages + places[i].request;
		uint8_t *reply = reply_pages + places[i].reply;
		uint8_t *where = descriptor_pages + places[i].descriptor;
		struct client_call registers = registers_for(gpa_of(where));

		memcpy(request, ada, sizeof(ada));
		call.request_gpa = gpa_of(request);
		call.reply_gpa = gpa_of(reply);
		memcpy(where, &call, sizeof(call));
		compiler_barrier();
		(void)svsm_call(&registers);
		check_true(places[i].name, registers.rax == SVSM_SUCCESS &&
						   registers.rcx == WELCOME_BYTES &&
						   is_welcome(reply));
	}
}

/* The longest message there and back, across pages; and none. */
static void check_sizes(void)
{
	struct svsm_keel_call call = good_call();
	uint64_t bytes = 0;
	bool is_same;

	for (unsigned int i = 0; i < sizeof(request_pages); i++) {
		request_pages[i] = (uint8_t)(i * 7);
	}
	call = (struct svsm_keel_call){.name = "echo",
				       .version = ECHO_VERSION_MIN,
				       .call = ECHO_BACK,
				       .request_gpa = gpa_of(request_pages) + PAGE_SIZE,
				       .request_bytes = SVSM_KEEL_BYTES_MAX,
				       .reply_gpa = gpa_of(reply_pages) + 100,
				       .reply_bytes = SVSM_KEEL_BYTES_MAX};
	call.request_gpa += 256 * 3; /* where the pattern has a zero: no yields */
	check_equal("longest message", make(&call, &bytes), SVSM_SUCCESS);
	is_same = memcmp(reply_pages + 100, (const void *)(uintptr_t)call.request_gpa,
			 SVSM_KEEL_BYTES_MAX) == 0;
	check_true("longest message comes back", bytes == SVSM_KEEL_BYTES_MAX && is_same);
	call.reply_bytes = UINT32_MAX;
	check_equal("any room is enough", make(&call, &bytes), SVSM_SUCCESS);
	call.request_bytes = 0;
	call.request_gpa = UINT64_MAX;
	call.reply_bytes = 0;
	check_equal("no message, no room", make(&call, &bytes), SVSM_SUCCESS);
	check_equal("no message comes back", bytes, 0);
}

/* Less room than the reply needs: nothing is written, and the need is told. */
static void check_room(void)
{
	struct svsm_keel_call call = good_call();
	uint64_t bytes = 0;
	uint64_t bad_room = UINT64_MAX;

	for (uint32_t room = 0; room < WELCOME_BYTES; room++) {
		call.reply_bytes = room;
		if (make(&call, &bytes) != SVSM_ERR_INVALID_PARAMETER || bytes != WELCOME_BYTES ||
		    reply_pages[0] != FILLING) {
			bad_room = room;
		}
	}
	check_equal("too little room, each size", bad_room, UINT64_MAX);
	call.reply_bytes = WELCOME_BYTES;
	check_equal("just enough room", make(&call, &bytes), SVSM_SUCCESS);
	check_true("just enough room, the reply", is_welcome(reply_pages));
	call = good_call();
	call.reply_gpa = call.request_gpa;
	check_equal("the reply over the request", make(&call, &bytes), SVSM_SUCCESS);
	check_equal("the reply over the request, there",
		    (uint64_t)memcmp(request_pages, welcome, WELCOME_BYTES - 1), 0);
}

static void check_fields(void)
{
	struct svsm_keel_call call = good_call();

#define WITH(name, field, value, want)                                                             \
	call = good_call();                                                                        \
	call.field = (value);                                                                      \
	check_make((name), &call, (want))

	check_subject("CALL with: ");
	WITH("another letter", name[4], 'O', SVSM_ERR_UNSUPPORTED_PROTOCOL);
	WITH("a longer name", name[5], 'x', SVSM_ERR_UNSUPPORTED_PROTOCOL);
	WITH("letters behind the name", name[15], 'x', SVSM_ERR_UNSUPPORTED_PROTOCOL);
	WITH("no name", name[0], 0, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	WITH("version 0", version, 0, SVSM_ERR_INVALID_PARAMETER);
	WITH("version 2", version, 2, SVSM_ERR_INVALID_PARAMETER);
	WITH("version 2^32 - 1", version, UINT32_MAX, SVSM_ERR_INVALID_PARAMETER);
	WITH("a call by registers", call, HELLO_ADD, SVSM_ERR_UNSUPPORTED_CALL);
	WITH("no such call", call, 7, SVSM_ERR_UNSUPPORTED_CALL);
	WITH("the call for manifests", call, 0xFFFFFF00, SVSM_ERR_INVALID_PARAMETER);
	WITH("reserved_24", reserved_24, BIT32(31), SVSM_ERR_INVALID_FORMAT);
	WITH("reserved_34", reserved_34, 1, SVSM_ERR_INVALID_FORMAT);
	WITH("4097 bytes", request_bytes, SVSM_KEEL_BYTES_MAX + 1, SVSM_ERR_INVALID_PARAMETER);
	WITH("2^32 - 1 bytes", request_bytes, UINT32_MAX, SVSM_ERR_INVALID_PARAMETER);
	WITH("a request that wraps", request_gpa, UINT64_MAX - 2, SVSM_ERR_INVALID_PARAMETER);
	WITH("a room that wraps", reply_gpa, UINT64_MAX - 100, SVSM_ERR_INVALID_PARAMETER);
	WITH("no request", request_bytes, 0, SVSM_ERR_INVALID_FORMAT);
	WITH("a request cut short", request_bytes, sizeof(ada) - 1, SVSM_ERR_INVALID_FORMAT);
	WITH("a byte behind the request", request_bytes, sizeof(ada) + 1, SVSM_ERR_INVALID_FORMAT);
#undef WITH
	call = good_call();
	memcpy(call.name, "core\0", 5);
	check_make("core, which takes no messages", &call, SVSM_ERR_UNSUPPORTED_PROTOCOL);
}

/* One address after the other in all three places. */
static void check_address(const char *name, uint64_t gpa)
{
	struct svsm_keel_call call = good_call();
	struct client_call registers = registers_for(gpa);

	check_subject("CALL, descriptor in: ");
	check_call(name, registers, SVSM_ERR_INVALID_ADDRESS);
	check_subject("CALL, request in: ");
	call.request_gpa = gpa;
	check_make(name, &call, SVSM_ERR_INVALID_ADDRESS);
	check_subject("CALL, room in: ");
	call = good_call();
	call.reply_gpa = gpa;
	call.reply_bytes = WELCOME_BYTES; /* not to the end of the highest page */
	check_make(name, &call, SVSM_ERR_INVALID_ADDRESS);
}

static void check_vmsa(void)
{
	uint32_t result = 0;

	svsm_accept(VMSA_GPA);
	svsm_accept(AREA_GPA);
	vmsa_fill((struct vmsa *)(uintptr_t)VMSA_GPA);
	(void)!client_create_vcpu(svsm_client(), VMSA_GPA, AREA_GPA, smp_own_apic_id(), &result);
	check_subject("CALL: ");
	check_equal("a VMSA is made", result, SVSM_SUCCESS);
	check_address("a VMSA", VMSA_GPA);
	(void)!client_delete_vcpu(svsm_client(), VMSA_GPA, &result);
}

static void check_addresses(void)
{
	struct client_call registers = registers_for(gpa_of(descriptor()) + 4);
	struct svsm_keel_call call = good_call();
	const struct bad_address *bad;
	unsigned int count = bad_addresses(&bad);

	for (unsigned int i = 0; i < count; i++) {
		check_address(bad[i].name, bad[i].gpa);
	}
	check_address("memory that is not validated", UNTOUCHED_GPA);
	check_vmsa();
	svsm_accept(EDGE_GPA);
	memcpy((void *)(uintptr_t)(UNTOUCHED_GPA - 3), ada, 3);
	check_subject("CALL: ");
	call.request_gpa = UNTOUCHED_GPA - 3;
	check_make("request begins in good memory, ends in other", &call, SVSM_ERR_INVALID_ADDRESS);
	call = good_call();
	call.reply_gpa = UNTOUCHED_GPA - 3;
	check_make("room begins in good memory, ends in other", &call, SVSM_ERR_INVALID_ADDRESS);
	call.reply_gpa = UNTOUCHED_GPA - WELCOME_BYTES;
	check_make("only as much room as is written is looked at", &call, SVSM_SUCCESS);
	check_subject("CALL, descriptor: ");
	check_equal("misaligned", (uint32_t)svsm_call(&registers), SVSM_ERR_INVALID_PARAMETER);
	check_equal("misaligned: no address where a size may stand", registers.rcx, 0);
	check_call("across pages", registers_for(gpa_of(descriptor_pages) + PAGE_SIZE - 48),
		   SVSM_ERR_INVALID_ADDRESS);
}

/* INCOMPLETE until it is done, the arguments untouched; then the answer, once. */
static void check_incomplete(void)
{
	static const uint8_t yields[] = {5, 'a', 'b'};
	struct svsm_keel_call call = good_call();
	struct client_call registers = registers_for(gpa_of(descriptor()));
	unsigned int incomplete = 0;

	memcpy(call.name, "echo\0", 5);
	call.version = ECHO_VERSION_MIN;
	call.call = ECHO_BACK;
	call.request_bytes = sizeof(yields);
	memcpy(request_pages, yields, sizeof(yields));
	*descriptor() = call;
	compiler_barrier();
	while (svsm_call_pending(&registers, 1) == SVSM_ERR_INCOMPLETE && incomplete < 100) {
		incomplete++;
		registers.rax = KEEL(SVSM_KEEL_CALL);
		registers.rcx = gpa_of(descriptor());
	}
	check_subject("CALL of a service that yields: ");
	check_equal("INCOMPLETE each time", incomplete, yields[0]);
	check_true("then its reply", registers.rax == SVSM_SUCCESS &&
					     registers.rcx == sizeof(yields) &&
					     memcmp(reply_pages, yields, sizeof(yields)) == 0);
}

static void check_echo(void)
{
	struct svsm_keel_call call = good_call();
	uint64_t bytes = 0;

	memcpy(call.name, "echo\0", 5);
	check_subject("CALL of echo: ");
	call.call = ECHO_VERSION;
	for (uint32_t version = ECHO_VERSION_MIN; version <= ECHO_VERSION_MAX; version++) {
		call.version = version;
		check_equal("succeeds", make(&call, &bytes), SVSM_SUCCESS);
		check_equal("and knows the version", reply_pages[0], version);
	}
	call.call = ECHO_DIE;
	check_make("dies", &call, SVSM_ERR_KEEL_SERVICE_DIED);
	call.call = ECHO_TOO_MUCH;
	check_make("dies of too long a reply", &call, SVSM_ERR_KEEL_SERVICE_DIED);
	call.call = ECHO_VERSION;
	check_make("lives again", &call, SVSM_SUCCESS);
}

void cases_keel(void)
{
	struct client_keel_service service;
	uint64_t versions = 0;

	check_subject("Keel's protocol: ");
	(void)!client_query_protocol(svsm_client(), SVSM_PROTOCOL_KEEL, 1, &versions);
	check_equal("version 1", versions, SVSM_PROTOCOL_VERSIONS(1, 1));
	check_call("no such call", (struct client_call){.rax = KEEL(2), .rcx = 1, .rdx = 2},
		   SVSM_ERR_UNSUPPORTED_CALL);
	if (client_keel_find(svsm_client(), "echo", &service) != ERR_OK) {
		check_skip("calls by name", "echo is not in this image");
		return;
	}
	check_list();
	check_places();
	check_sizes();
	check_room();
	check_fields();
	check_addresses();
	check_incomplete();
	check_echo();
}
