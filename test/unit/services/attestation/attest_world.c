/* See attest_world.h. */
#include "attest_world.h"

#include <string.h>

#include "base/err.h"
#include "base/overflow.h"
#include "svsm/protocol.h"

static struct rt_answer says(uint64_t err, uint64_t value)
{
	return (struct rt_answer){.err = err, .value = value};
}

/* `bytes` at `offset` of the message buffer, or NULL: the kernel would refuse. */
static uint8_t *part(struct attest_world *world, uint64_t offset, uint64_t bytes)
{
	if (!range_within(offset, bytes, 0, sizeof(world->buffer))) {
		world->misused = true;
		return NULL;
	}
	return (uint8_t *)&world->buffer + offset;
}

static struct rt_answer tell_service(struct attest_world *world, uint64_t index, uint64_t offset)
{
	uint8_t *at = part(world, offset, sizeof(struct sys_service));

	if (at == NULL || world->list_err != ERR_OK || index >= world->peer_count) {
		return says(world->list_err != ERR_OK ? world->list_err : ERR_INVALID, 0);
	}
	memcpy(at, &world->peers[index].service, sizeof(struct sys_service));
	return says(ERR_OK, 0);
}

static struct rt_answer call_peer(struct attest_world *world, const struct posix_syscall *call)
{
	struct msg_header header;
	uint8_t *at = part(world, call->b, sizeof(header) + call->c);
	struct world_peer *peer;

	if (at == NULL || call->a >= world->peer_count || call->c > MSG_PAYLOAD_BYTES) {
		world->misused = true;
		return says(ERR_INVALID, 0);
	}
	peer = &world->peers[call->a];
	memcpy(&header, at, sizeof(header));
	if (header.call != MSG_CALL_MANIFEST || header.payload_bytes != 0 ||
	    (peer->service.flags & SYS_SERVICE_MANIFEST) == 0) {
		world->misused = true;
	}
	if (peer->busy != 0) {
		peer->busy--;
		return says(ERR_BUSY, 0);
	}
	if (peer->yields != 0) {
		peer->yields--;
		return says(ERR_AGAIN, 0);
	}
	if (peer->err != ERR_OK) {
		return says(peer->err, 0);
	}
	peer->asked_version = (uint32_t)header.rcx;
	header.result = peer->result;
	header.payload_bytes = peer->claimed_bytes != 0 ? peer->claimed_bytes : peer->payload_bytes;
	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), peer->payload, peer->payload_bytes);
	return says(ERR_OK, 0);
}

static struct rt_answer give_vmpck(struct attest_world *world, uint64_t offset)
{
	uint8_t *at = part(world, offset, sizeof(world->psp.key));

	if (at != NULL && world->vmpck_err == ERR_OK) {
		memcpy(at, world->psp.key, sizeof(world->psp.key));
	}
	return says(world->vmpck_err, 0);
}

static struct rt_answer ask_psp(struct attest_world *world, const struct posix_syscall *call)
{
	uint8_t *at = part(world, call->a, FAKE_PAGE_BYTES);
	uint64_t status = 0;
	uint64_t err = ERR_INVALID;

	if (at != NULL && call->b <= SYS_PSP_CERTIFICATE_PAGES) {
		err = fake_psp_request(&world->psp, at, call->b, &status);
	}
	return says(err, status);
}

static struct rt_answer give_certificates(struct attest_world *world,
					  const struct posix_syscall *call)
{
	uint8_t *at = part(world, call->b, FAKE_PAGE_BYTES);
	uint64_t pages = 0;
	uint64_t err = ERR_INVALID;

	if (at != NULL) {
		err = fake_psp_certificates(&world->psp, call->a, at, &pages);
	}
	return says(err, pages);
}

static struct rt_answer yield(struct attest_world *world)
{
	world->yields++;
	if (world->on_yield != NULL) {
		world->on_yield(world);
	}
	return says(world->yield_err, 0);
}

static struct rt_answer answer(void *context, const struct posix_syscall *call)
{
	struct attest_world *world = context;

	switch ((unsigned int)call->number) {
	case SYS_SERVICE:
		return tell_service(world, call->a, call->b);
	case SYS_PEER:
		return call_peer(world, call);
	case SYS_VMPCK:
		return give_vmpck(world, call->a);
	case SYS_PSP:
		return ask_psp(world, call);
	case SYS_PSP_CERTIFICATES:
		return give_certificates(world, call);
	case SYS_YIELD:
		return yield(world);
	case SYS_TIME_LEFT:
		return says(ERR_OK, world->time_left);
	case SYS_LOG:
		world->logged++;
		return says(part(world, call->a, call->b) != NULL ? ERR_OK : ERR_INVALID, 0);
	default:
		world->misused = true;
		return says(ERR_UNSUPPORTED, 0);
	}
}

void attest_world_start(struct attest_world *world)
{
	memset(world, 0, sizeof(*world));
	world->posix = (struct posix_world){
		.guest_base = WORLD_BASE,
		.guest_bytes = sizeof(world->guest),
		.guest = world->guest,
		.buffer = &world->buffer,
		.answer = answer,
		.context = world,
	};
	world->time_left = 1000;
	fake_psp_start(&world->psp);
}

struct world_peer *attest_world_peer(struct attest_world *world, const char *name, uint8_t guid,
				     uint32_t flags)
{
	struct world_peer *peer = &world->peers[world->peer_count++];

	memset(peer, 0, sizeof(*peer));
	memcpy(peer->service.name, name, strlen(name));
	peer->service.protocol = (uint32_t)world->peer_count;
	peer->service.version_min = 1;
	peer->service.version_max = 1;
	peer->service.flags = flags;
	memset(peer->service.guid, guid, sizeof(peer->service.guid));
	memset(peer->service.hash, 0x10 + guid, sizeof(peer->service.hash));
	return peer;
}

const struct msg_header *attest_world_call(struct attest_world *world, uint32_t call, uint64_t rcx)
{
	memset(&world->buffer, 0, sizeof(world->buffer));
	world->buffer.request = (struct msg_header){
		.version = MSG_VERSION,
		.protocol = SVSM_PROTOCOL_ATTEST,
		.call = call,
		.vmpl = 2,
		.rcx = rcx,
		.rdx = UINT64_MAX,
		.r8 = UINT64_MAX,
	};
	posix_serve(&world->posix);
	return &world->buffer.reply;
}
