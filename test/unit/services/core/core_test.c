/*
 * The core service over the posix back end: every call, and one case per refusal. The kernel is a
 * recorder here that gives the answer a case asks for.
 */
#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "core/core.h"
#include "rt/posix/posix.h"
#include "rt/service.h"
#include "svsm/core.h"
#include "svsm/protocol.h"
#include "unit.h"

#define GUEST_BASE  UINT64_C(0x100000)
#define GUEST_BYTES (4 * PAGE_SIZE)
#define ELSEWHERE   UINT64_C(0x900000)
#define NO_CALL	    UINT64_C(99)

/* What the fake kernel answers, and what it was asked. */
static struct rt_answer kernel_answer;
static struct posix_syscall kernel_asked;
static unsigned int kernel_asked_count;

static uint8_t guest[GUEST_BYTES];
static struct msg_buffer buffer;
static struct posix_world world;

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	(void)context;
	kernel_asked = *call;
	kernel_asked_count++;
	return kernel_answer;
}

static const struct msg_header *serve(uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
	memset(&buffer, 0xA5, sizeof(buffer));
	memset(&buffer.request, 0, sizeof(buffer.request));
	buffer.request.version = MSG_VERSION;
	buffer.request.call = call;
	buffer.request.vmpl = 2;
	buffer.request.rcx = rcx;
	buffer.request.rdx = rdx;
	buffer.request.r8 = r8;
	world.guest_base = GUEST_BASE;
	world.guest_bytes = GUEST_BYTES;
	world.guest = guest;
	world.buffer = &buffer;
	world.answer = answer;
	memset(&kernel_asked, 0, sizeof(kernel_asked));
	kernel_asked.number = (enum sys)NO_CALL;
	kernel_asked_count = 0;
	posix_serve(&world);
	return &buffer.reply;
}

/* Calls that live in registers. */
struct register_case {
	const char *name;
	uint32_t call;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t r8;
	struct rt_answer kernel;
	uint32_t result;
	uint32_t flags;
	uint64_t out_rcx;
	uint64_t asked; /* NO_CALL: refused before the kernel hears of it */
};

#define V1                                                                                         \
	{                                                                                          \
		ERR_OK, SVSM_PROTOCOL_VERSIONS(1, 1)                                               \
	}
#define V3TO5                                                                                      \
	{                                                                                          \
		ERR_OK, SVSM_PROTOCOL_VERSIONS(5, 3)                                               \
	}
#define SAYS(err)                                                                                  \
	{                                                                                          \
		(err), 0                                                                           \
	}
#define QUERY(p, v) SVSM_PROTOCOL_VERSIONS(p, v)

static const struct register_case register_cases[] = {
	/* clang-format off */
	{ "query core 1", SVSM_CORE_QUERY_PROTOCOL, QUERY(0, 1), 0, 0, V1, SVSM_SUCCESS,
	  MSG_SET_RCX, SVSM_PROTOCOL_VERSIONS(1, 1), SYS_PROTOCOL },
	{ "query version too high", SVSM_CORE_QUERY_PROTOCOL, QUERY(0, 2), 0, 0, V1, SVSM_SUCCESS,
	  MSG_SET_RCX, 0, SYS_PROTOCOL },
	{ "query version 0", SVSM_CORE_QUERY_PROTOCOL, QUERY(0, 0), 0, 0, V1, SVSM_SUCCESS,
	  MSG_SET_RCX, 0, SYS_PROTOCOL },
	{ "query a range, lowest", SVSM_CORE_QUERY_PROTOCOL, QUERY(7, 3), 0, 0, V3TO5,
	  SVSM_SUCCESS, MSG_SET_RCX, SVSM_PROTOCOL_VERSIONS(5, 3), SYS_PROTOCOL },
	{ "query a range, highest", SVSM_CORE_QUERY_PROTOCOL, QUERY(7, 5), 0, 0, V3TO5,
	  SVSM_SUCCESS, MSG_SET_RCX, SVSM_PROTOCOL_VERSIONS(5, 3), SYS_PROTOCOL },
	{ "query below a range", SVSM_CORE_QUERY_PROTOCOL, QUERY(7, 2), 0, 0, V3TO5, SVSM_SUCCESS,
	  MSG_SET_RCX, 0, SYS_PROTOCOL },
	{ "query unknown protocol", SVSM_CORE_QUERY_PROTOCOL, QUERY(9, 1), 0, 0, SAYS(ERR_OK),
	  SVSM_SUCCESS, MSG_SET_RCX, 0, SYS_PROTOCOL },
	{ "query, kernel refuses", SVSM_CORE_QUERY_PROTOCOL, QUERY(9, 1), 0, 0,
	  { ERR_DENIED, 77 }, SVSM_SUCCESS, MSG_SET_RCX, 0, SYS_PROTOCOL },

	{ "remap", SVSM_CORE_REMAP_CA, 0x5000, 0, 0, SAYS(ERR_OK), SVSM_SUCCESS, 0, 0,
	  SYS_REMAP_CA },
	{ "remap misaligned", SVSM_CORE_REMAP_CA, 0x5008, 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "remap bad address", SVSM_CORE_REMAP_CA, 0x5000, 0, 0, SAYS(ERR_ADDRESS),
	  SVSM_ERR_INVALID_ADDRESS, 0, 0, SYS_REMAP_CA },
	{ "remap busy", SVSM_CORE_REMAP_CA, 0x5000, 0, 0, SAYS(ERR_BUSY), SVSM_ERR_BUSY, 0, 0,
	  SYS_REMAP_CA },

	{ "create", SVSM_CORE_CREATE_VCPU, 0x5000, 0x6000, 3, SAYS(ERR_OK), SVSM_SUCCESS, 0, 0,
	  SYS_VCPU_CREATE },
	{ "create, vmsa misaligned", SVSM_CORE_CREATE_VCPU, 0x5001, 0x6000, 3, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "create, caa misaligned", SVSM_CORE_CREATE_VCPU, 0x5000, 0x6800, 3, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "create, r8 bit 32", SVSM_CORE_CREATE_VCPU, 0x5000, 0x6000, BIT(32), SAYS(ERR_OK),
	  SVSM_ERR_INVALID_FORMAT, 0, 0, NO_CALL },
	{ "create, r8 bit 63", SVSM_CORE_CREATE_VCPU, 0x5000, 0x6000, BIT(63), SAYS(ERR_OK),
	  SVSM_ERR_INVALID_FORMAT, 0, 0, NO_CALL },
	{ "create, one page for both", SVSM_CORE_CREATE_VCPU, 0x5000, 0x5000, 3, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_ADDRESS, 0, 0, NO_CALL },
	{ "create, vmsa refused", SVSM_CORE_CREATE_VCPU, 0x5000, 0x6000, 3, SAYS(ERR_INVALID),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, SYS_VCPU_CREATE },

	{ "delete", SVSM_CORE_DELETE_VCPU, 0x5000, 0, 0, SAYS(ERR_OK), SVSM_SUCCESS, 0, 0,
	  SYS_VCPU_DELETE },
	{ "delete misaligned", SVSM_CORE_DELETE_VCPU, 0x5004, 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "delete one that runs", SVSM_CORE_DELETE_VCPU, 0x5000, 0, 0, SAYS(ERR_INUSE),
	  SVSM_ERR_CORE_FAIL_INUSE, 0, 0, SYS_VCPU_DELETE },

	{ "vtom query", SVSM_CORE_CONFIGURE_VTOM, 1, 0, 0, SAYS(ERR_OK), SVSM_SUCCESS, MSG_SET_RCX,
	  0, NO_CALL },
	{ "vtom query, reserved bit 1", SVSM_CORE_CONFIGURE_VTOM, 3, 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_FORMAT, 0, 0, NO_CALL },
	{ "vtom query, reserved bit 63", SVSM_CORE_CONFIGURE_VTOM, 1 | BIT(63), 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_FORMAT, 0, 0, NO_CALL },
	{ "vtom configure", SVSM_CORE_CONFIGURE_VTOM, BIT(1) | BIT(40), 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_REQUEST, 0, 0, NO_CALL },
	{ "vtom configure, reserved bit 5", SVSM_CORE_CONFIGURE_VTOM, BIT(5), 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_FORMAT, 0, 0, NO_CALL },
	{ "vtom configure, reserved bit 11", SVSM_CORE_CONFIGURE_VTOM, BIT(11), 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_FORMAT, 0, 0, NO_CALL },

	{ "deposit, list misaligned", SVSM_CORE_DEPOSIT_MEM, GUEST_BASE + 4, 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "withdraw, misaligned", SVSM_CORE_WITHDRAW_MEM, GUEST_BASE + 1, 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "withdraw, no room", SVSM_CORE_WITHDRAW_MEM, GUEST_BASE + 0xFF8, 0, 0, SAYS(ERR_OK),
	  SVSM_ERR_INVALID_PARAMETER, 0, 0, NO_CALL },
	{ "call 8", 8, 0, 0, 0, SAYS(ERR_OK), SVSM_ERR_UNSUPPORTED_CALL, 0, 0, NO_CALL },
	{ "call ffffffff", UINT32_MAX, 0, 0, 0, SAYS(ERR_OK), SVSM_ERR_UNSUPPORTED_CALL, 0, 0,
	  NO_CALL },
	/* clang-format on */
};

TEST(registers)
{
	for (size_t i = 0; i < ARRAY_SIZE(register_cases); i++) {
		const struct register_case *c = &register_cases[i];
		const struct msg_header *reply;

		ROW(c->name);
		kernel_answer = c->kernel;
		reply = serve(c->call, c->rcx, c->rdx, c->r8);
		CHECK_EQ(reply->result, c->result);
		CHECK_EQ(reply->flags, c->flags);
		CHECK_EQ(reply->rcx, c->out_rcx);
		CHECK_EQ(reply->version, MSG_VERSION);
		CHECK_EQ(reply->payload_bytes, 0);
		CHECK_EQ((uint64_t)kernel_asked.number, c->asked);
	}
}

TEST(arguments_reach_the_kernel)
{
	kernel_answer = (struct rt_answer){ERR_OK, 0};
	(void)serve(SVSM_CORE_CREATE_VCPU, 0x5000, 0x6000, UINT32_MAX);
	CHECK_EQ(kernel_asked.a, 0x5000);
	CHECK_EQ(kernel_asked.b, 0x6000);
	CHECK_EQ(kernel_asked.c, UINT32_MAX);
	(void)serve(SVSM_CORE_REMAP_CA, UINT64_C(0xFFFFFFFFFFFFF000), 1, 2);
	CHECK_EQ(kernel_asked.a, UINT64_C(0xFFFFFFFFFFFFF000));
	(void)serve(SVSM_CORE_QUERY_PROTOCOL, QUERY(0x80000001, 1), 0, 0);
	CHECK_EQ(kernel_asked.a, 0x80000001);
}

TEST(other_callers)
{
	struct msg_header reply;
	struct msg_header request = {.version = MSG_VERSION, .call = SVSM_CORE_REMAP_CA};

	CHECK_EQ(service_init(), ERR_OK);
	memset(&reply, 0, sizeof(reply));
	request.protocol = 5;
	service_handle(&request, &reply);
	CHECK_EQ(reply.result, SVSM_ERR_UNSUPPORTED_PROTOCOL);
	request.protocol = SVSM_PROTOCOL_CORE;
	request.flags = MSG_FROM_PEER;
	service_handle(&request, &reply);
	CHECK_EQ(reply.result, SVSM_ERR_INVALID_REQUEST);
}

UNIT_MAIN(CASE(registers), CASE(arguments_reach_the_kernel), CASE(other_callers))
