/*
 * Which pages are VMSAs and calling areas, and whose. The one truth about them: pages named here are
 * never validated, invalidated, read or written for a guest (calling areas: not changed).
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

/* Changes of pages and of the registry exclude one another by this lock. */
void registry_lock(void);
void registry_unlock(void);

/* Under the lock. The returned entry is valid until registry_unlock(). */
struct registry_entry *registry_find(gpa_t vmsa);
enum err registry_add(const struct registry_entry *entry);
void registry_remove(struct registry_entry *entry);

/*
 * Takes the lock itself. The vCPU's next entry after *cursor (start with 0), made busy so that it
 * stays until registry_leave(); NULL after the last.
 */
struct registry_entry *registry_enter(uint32_t apic_id, unsigned int *cursor);
void registry_leave(struct registry_entry *entry);

/* Does the range touch a VMSA or a calling area? Under the lock. */
bool registry_is_reserved(gpa_t base, uint64_t bytes);

/* Does the range touch a VMSA? Takes no lock: see registry.c. */
bool registry_is_vmsa(gpa_t base, uint64_t bytes);
