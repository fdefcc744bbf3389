/* Routing by protocol number: who is found, what is answered where nobody is, and the versions. */
#include "ipc/route.h"

#include "ipc/service.h"
#include "snp/ghcb.h"
#include "svsm/protocol.h"
#include "world.h"
#include "x86/regs.h"

static const struct world one_cpu = { .cpus = 1, .guest_vmpl = 2 };

/* Dies when asked for call 1. */
static void mortal(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		if (msg->request.call == 1) {
			fake_raise(VECTOR_UD, 0);
		}
		world_reply(msg, SVSM_SUCCESS);
	}
}

static struct route_call ask(uint32_t protocol, uint32_t call)
{
	struct route_call c = { .protocol = protocol, .call = call, .vmpl = 2, .rcx = 1, .rdx = 2,
				.r8 = 3, .r9 = 4, .result = 0xBAD };

	route_dispatch(&c);
	CHECK(c.rdx == 2 && c.r8 == 3 && c.r9 == 4);
	return c;
}

WORLD_TEST(dispatches)
{
	static const uint32_t nobody[] = { 1, 2, 3, 0xFF, 0x104, 0x4B45454D, UINT32_MAX };

	world_boot(&one_cpu);
	for (uint32_t i = 0; i < WORLD_SERVICES; i++) {
		ROW("a service");
		CHECK_EQ(ask(WORLD_PROTOCOL(i), 9).result, SVSM_SUCCESS);
		CHECK_EQ(ask(WORLD_PROTOCOL(i), 9).rcx, ~UINT64_C(1));
	}
	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++) {
		ROW("nobody");
		CHECK_EQ(ask(nobody[i], 0).result, SVSM_ERR_UNSUPPORTED_PROTOCOL);
		CHECK_EQ(ask(nobody[i], 0).rcx, 1);
	}
}

WORLD_TEST(versions)
{
	const uint64_t one = UINT64_C(1) << 32 | 1;

	fake_programs[WORLD_PLAIN] = mortal;
	fake_programs[WORLD_FRAGILE] = mortal;
	world_boot(&one_cpu);
	CHECK_EQ(route_versions(WORLD_PROTOCOL(WORLD_CORE)), one);
	CHECK_EQ(route_versions(WORLD_PROTOCOL(WORLD_FRAGILE)), one);
	CHECK_EQ(route_versions(1), 0);
	CHECK_EQ(route_versions(UINT32_MAX), 0);
	ROW("of one that died and will be back");
	CHECK_EQ(ask(WORLD_PROTOCOL(WORLD_PLAIN), 1).result, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_EQ(route_versions(WORLD_PROTOCOL(WORLD_PLAIN)), one);
	ROW("of one that stays down");
	CHECK_EQ(ask(WORLD_PROTOCOL(WORLD_FRAGILE), 1).result, SVSM_ERR_KEEL_SERVICE_DIED);
	CHECK_EQ(route_versions(WORLD_PROTOCOL(WORLD_FRAGILE)), 0);
}

UNIT_MAIN(CASE(dispatches), CASE(versions))
