/*
 * arch/fake: the kernel's seam (arch/include/arch) on a host, over the simulator's RMP model.
 * This is what a test sees of it: memory, what host and guest do, what the kernel did.
 *
 * One fake machine per process. Guest memory starts at gPA 0; the SVSM's region, with the image map
 * in its first page, lies at REGION_BASE_DEFAULT. A system page has the number of its gPA until
 * fake_remap() moves it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/err.h"
#include "msg/msg.h"
#include "snp/rmp.h"

#define FAKE_GUEST_PAGES  4096u
#define FAKE_GUEST_BYTES  (FAKE_GUEST_PAGES * PAGE_SIZE)
#define FAKE_SPARE_PAGES  16u /* system pages behind guest memory, for fake_remap() */
#define FAKE_REGION_PAGES 1024u
#define FAKE_REGION_BYTES (FAKE_REGION_PAGES * PAGE_SIZE)
#define FAKE_CPUS	  4u
#define FAKE_FEATURES	  UINT64_C(1) /* SEV_FEATURES of this VM */

/* What the kernel did through the seam, in order. */
enum fake_op {
	FAKE_READ,
	FAKE_WRITE,
	FAKE_ZERO,
	FAKE_VMSA,
	FAKE_PVALIDATE,
	FAKE_ADJUST,
	FAKE_FLUSH,
	FAKE_VCPU,
};

struct fake_event {
	enum fake_op op;
	uint64_t gpa;
	bool is_2m;
	bool validate;	    /* FAKE_PVALIDATE */
	bool vmsa;	    /* FAKE_ADJUST */
	unsigned int vmpl;  /* FAKE_ADJUST, FAKE_VCPU */
	unsigned int perms; /* FAKE_ADJUST */
};

/* cpu.c */
struct fake_cpu {
	uint64_t ticks;	     /* what arch_ticks() returns next */
	uint64_t ticks_step; /* and how far it advances by being asked */
	bool random_fails;
	bool exits_on_panic; /* ends the process with FAKE_EXIT_PANIC + reason; else it aborts */
};
extern struct fake_cpu fake_cpu;
#define FAKE_EXIT_PANIC 100

/* Which CPU the calling thread is. */
void fake_set_cpu(unsigned int index);

/* What the kernel wrote to the console, as a string. */
const char *fake_console(void);
void fake_console_clear(void);

/* host.c: the host. fw_cfg items are read as the device gives them: zeros past their end. */
#define FAKE_ITEMS 4u
struct fake_item {
	uint16_t key;
	const void *data;
	size_t bytes;
};

struct fake_host {
	struct fake_item items[FAKE_ITEMS];
	uint32_t apic_id;
	unsigned int requests;	/* it has had so many */
	unsigned int fails_at;	/* this request (from 1) and all after it fail; 0: none */
	bool (*run)(unsigned int vmpl); /* plays the guest; false, or NULL: the host refuses */
	/* The last AP creation. */
	uint32_t vcpu_apic_id;
	unsigned int vcpu_vmpl;
	unsigned int vcpu_action;
	uint64_t vcpu_vmsa;
	uint64_t vcpu_features;
};
extern struct fake_host fake_host;
