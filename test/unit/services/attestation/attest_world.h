/*
 * What is around the attestation service: a guest's memory, the kernel's answers, the other
 * services and the PSP. For unit tests and for the fuzzer.
 */
#pragma once

#include "fake_psp.h"
#include "msg/image.h"
#include "msg/msg.h"
#include "msg/sys.h"
#include "rt/posix/posix.h"
#include "svsm/attest.h"

#define WORLD_BASE     UINT64_C(0x100000)
#define WORLD_PAGES    32
#define WORLD_SERVICES (IMAGE_SERVICES + 1) /* one more than an image has */

/* How another service answers MSG_CALL_MANIFEST. */
struct world_peer {
	struct sys_service service;
	unsigned int busy; /* so many times first */
	unsigned int yields; /* and then so many */
	uint64_t err; /* the kernel's answer in the end */
	uint32_t result; /* and the peer's */
	uint32_t payload_bytes;
	uint32_t claimed_bytes; /* 0: what it has */
	uint8_t payload[MSG_PAYLOAD_BYTES];
	uint32_t asked_version; /* last one */
};

struct attest_world {
	struct posix_world posix;
	struct msg_buffer buffer;
	uint8_t guest[WORLD_PAGES * 4096];
	struct world_peer peers[WORLD_SERVICES];
	size_t peer_count;
	uint64_t list_err; /* of SYS_SERVICE, instead of an answer */
	struct fake_psp psp;
	uint64_t vmpck_err;
	uint64_t time_left;
	uint64_t yield_err;
	void (*on_yield)(struct attest_world *world); /* the guest runs meanwhile; or NULL */
	unsigned int yields;
	unsigned int logged;
	bool misused; /* a system call that the kernel would have refused */
};

/* A world with no other service. The channel to the PSP is not open yet. */
void attest_world_start(struct attest_world *world);

/* One more service; its GUID is this byte, 16 times, or none. */
struct world_peer *attest_world_peer(struct attest_world *world, const char *name, uint8_t guid,
				     uint32_t flags);

/* Makes a call; the reply is in world->buffer. */
const struct msg_header *attest_world_call(struct attest_world *world, uint32_t call, uint64_t rcx);
