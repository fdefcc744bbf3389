/*
 * A booted kernel on the fake machine, for tests and fuzz targets: image map, services, memory,
 * vCPUs, a first guest. The kernel's state is in static variables, so each case has a process of
 * its own: WORLD_TEST() forks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fake/fake.h"
#include "mm/pagestate.h"
#include "unit.h"

/* Guest memory, from the fake's: RAM, then the firmware. */
#define WORLD_FIRMWARE	     UINT64_C(0xF00000)
#define WORLD_FIRMWARE_BYTES UINT64_C(0x10000)
#define WORLD_LOW	     UINT64_C(0x10000)
#define WORLD_LOW_PAGES	     4u
#define WORLD_SECRETS	     UINT64_C(0x80D000)
#define WORLD_CPUID	     UINT64_C(0x80E000)
#define WORLD_CAA	     UINT64_C(0x80F000)
#define WORLD_APIC_ID(cpu)   (0x10u + (cpu))

/* The region, in pages. */
#define WORLD_SECRETS_PAGE  8u
#define WORLD_MAP_PAGE	    9u
#define WORLD_COUNT_PAGE    10u
#define WORLD_SERVICE_PAGE  16u /* four pages each: text, constants, data, and one unused */
#define WORLD_IMAGE_PAGES   64u

/* The service table that tests get from world.c, in this order. All but core can be called by
 * name; each has eight pages of heap. */
enum world_service {
	WORLD_CORE,	/* protocol 0, every right, re-entrant, restarts */
	WORLD_PLAIN,	/* no rights, one CPU at a time, restarts */
	WORLD_FRAGILE,	/* no rights, one CPU at a time, stays down */
	WORLD_SHARED,	/* random, peers, Linux's calls; re-entrant, restarts */
	WORLD_SERVICES,
};
#define WORLD_PROTOCOL(service) ((service) == WORLD_CORE ? 0u : 0x100u + (uint32_t)(service))
#define WORLD_DATA_VA		UINT64_C(0x00402000) /* each service's data; then a page of zeros */

struct world {
	unsigned int cpus;
	unsigned int guest_vmpl;
	bool claims_region; /* the host's memory map has the SVSM's region as guest memory */
};

/* Memory and image map only; nothing of the kernel has run. */
void world_image(const struct world *world);

/* The kernel's boot up to and without the request loop, as kernel/main.c has it. */
void world_boot(const struct world *world);

/* Its parts, each with those before: pool, memory map, vCPUs. */
void world_pool(const struct world *world);
void world_memory(const struct world *world);
void world_vcpus(const struct world *world);

/* A page that the guest validated for VMPLs 1..vmpl; what the kernel knows of a page. */
void world_give(uint64_t page, unsigned int vmpl);
void world_set_owner(uint64_t page, enum page_state state, unsigned int owner);
enum page_state world_state(uint64_t page);
unsigned int world_owner(uint64_t page);
/* The owner, if there is one, is VMPL 2. */
void world_set_state(uint64_t page, enum page_state state);

/* The VMSA of the first guest. */
uint64_t world_vmsa(void);

/* Registers of a call, in and out; what the guest leaves in its VMSA and calling area. */
struct world_call {
	uint64_t rax, rcx, rdx, r8, r9;
	uint64_t exit_code; /* 0: VMGEXIT */
	uint8_t pending;    /* 0: one is pending; WORLD_NOT_PENDING: none */
};
#define WORLD_NOT_PENDING 0xFF

/* Puts the call into a VMSA and a calling area, as the guest on this CPU would. */
void world_ask(uint64_t vmsa, uint64_t caa, const struct world_call *call);
/* Lets the kernel look at that VMSA; true: it answered, and *call has the registers. */
bool world_serve(uint64_t vmsa, struct world_call *call);
/* Both, for the first guest. The result is RAX. */
uint64_t world_guest_call(struct world_call *call);

/* Programs for services. Echo answers SUCCESS, RCX inverted, RDX its request's. */
void world_reply(struct msg_buffer *msg, uint32_t result);
void world_echo(struct msg_buffer *msg, uint64_t first);

/* Runs the body in a child and takes over what its checks said. */
void world_run(void (*body)(void), struct unit_state *state);
#define WORLD_TEST(name)                         \
	static void name##_body(void);           \
	static void name(void)                   \
	{                                        \
		world_run(name##_body, &unit);   \
	}                                        \
	static void name##_body(void)

/* The reason that body panics with, or -1: it does not. */
int world_panic_of(void (*body)(void));

/* Does the trace hold an event like this? Its place, or -1. */
int world_find_event(enum fake_op op, uint64_t gpa);
