/*
 * Which VMSAs and calling areas there are, and whose. That their pages are such is also in their
 * page state (mm/pagestate.h), which keeps everyone else away from them. Each function takes the
 * lock.
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
	bool busy; /* its vCPU answers its call, or it is being deleted: nobody else's business */
	bool has_no_area; /* it calls no more: a newer VMSA of its CPU took the calling area, or its
			     deletion failed half way */
};

/* Room for so many vCPUs at every lower VMPL, with as many again being replaced. */
enum err registry_init(unsigned int vcpus);

/*
 * Keeps a place for a VMSA before it becomes one, busy until registry_leave() or registry_remove():
 * what the host can run is never without an entry. ERR_NOMEM: full.
 */
enum err registry_add(const struct registry_entry *values, struct registry_entry **entry);

/*
 * The vCPU's next entry after *cursor (start with 0), made busy so that it stays until
 * registry_leave(); NULL after the last. Entries that are being made or deleted are passed over,
 * and *passed_over is then set: one that stays may have a call to be answered.
 */
struct registry_entry *registry_enter(uint32_t apic_id, unsigned int *cursor, bool *passed_over);
void registry_leave(struct registry_entry *entry);
/* The same, and it is entered no more: all that is left is to delete it. */
void registry_leave_for_good(struct registry_entry *entry);

/*
 * Takes an entry for deletion by a caller at `vmpl`: it is then busy, until registry_leave() or
 * registry_remove(). ERR_INVALID: unknown, the launch's, or of a more privileged VMPL; ERR_INUSE:
 * busy.
 */
enum err registry_claim(gpa_t vmsa, unsigned int vmpl, struct registry_entry **entry);
void registry_remove(struct registry_entry *entry);

/*
 * A CPU that comes back may bring its old calling area while the old VMSA is still there: Linux
 * deletes that one only afterwards. May a new VMSA of this CPU, created by `vmpl`, take over the
 * area? Not from another CPU, from the launch's VMSA, or from that of a more privileged VMPL.
 */
bool registry_can_take_area(gpa_t caa, uint32_t apic_id, unsigned int vmpl);
/* The area is `owner`'s alone from here on; older entries keep existing, but are not entered. */
void registry_take_area(const struct registry_entry *owner);

/* Of an entry that is busy with the caller. */
void registry_set_caa(struct registry_entry *entry, gpa_t caa);
