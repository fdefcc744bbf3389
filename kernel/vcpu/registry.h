/*
 * Which VMSAs and calling areas there are, and whose. That their pages are such is also in their page
 * state (mm/pagestate.h), which keeps everyone else away from them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

struct registry_entry {
	gpa_t vmsa;
	gpa_t caa;
	uint32_t apic_id;
	uint8_t vmpl;
	bool used;
	bool is_launch; /* made by the SVSM at boot: not deletable */
	bool busy;	/* its vCPU is inside a call: not deletable now */
};

/* Room for so many vCPUs at every lower VMPL, with as many again being replaced. */
enum err registry_init(unsigned int vcpus);

/* These three hold the page-state lock; an entry is valid while it is held. */
struct registry_entry *registry_find(gpa_t vmsa);
enum err registry_add(const struct registry_entry *entry);
void registry_remove(struct registry_entry *entry);

/*
 * Takes the page-state lock itself. The vCPU's next entry after *cursor (start with 0), made busy so that it
 * stays until registry_leave(); NULL after the last.
 */
struct registry_entry *registry_enter(uint32_t apic_id, unsigned int *cursor);
void registry_leave(struct registry_entry *entry);
