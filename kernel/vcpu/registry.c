/*
 * A small table, searched in full: it has a few entries per vCPU. registry_is_vmsa() reads it without
 * the lock, by design: a guest that races a copy from a page against CREATE_VCPU of that same page
 * gets the bytes of before or a refusal; what a VMSA page holds afterwards was written by that guest.
 */
#include "registry.h"

#include "base/compiler.h"
#include "lock.h"
#include "mm/pool.h"
#include "snp/rmp.h"

static struct lock lock; /* guards entries[] and orders page changes */
static struct registry_entry *entries;
static unsigned int entry_count;

enum err registry_init(unsigned int vcpus)
{
	unsigned int wanted = vcpus * (VMPL_COUNT - 1) * 2;
	size_t bytes = wanted * sizeof(*entries);

	entries = pool_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
	entry_count = entries != NULL ? wanted : 0;
	return entries != NULL ? ERR_OK : ERR_NOMEM;
}

void registry_lock(void)
{
	lock_take(&lock);
}

void registry_unlock(void)
{
	lock_release(&lock);
}

struct registry_entry *registry_find(gpa_t vmsa)
{
	for (unsigned int i = 0; i < entry_count; i++) {
		if (entries[i].used && gpa_equal(entries[i].vmsa, vmsa)) {
			return &entries[i];
		}
	}
	return NULL;
}

struct registry_entry *registry_enter(uint32_t apic_id, unsigned int *cursor)
{
	struct registry_entry *found = NULL;

	lock_take(&lock);
	for (unsigned int i = *cursor; i < entry_count && found == NULL; i++) {
		if (entries[i].used && entries[i].apic_id == apic_id) {
			found = &entries[i];
			found->busy = true;
			*cursor = i + 1;
		}
	}
	lock_release(&lock);
	return found;
}

void registry_leave(struct registry_entry *entry)
{
	lock_take(&lock);
	entry->busy = false;
	lock_release(&lock);
}

enum err registry_add(const struct registry_entry *entry)
{
	for (unsigned int i = 0; i < entry_count; i++) {
		if (!entries[i].used) {
			struct registry_entry copy = *entry;

			copy.used = false;
			entries[i] = copy;
			compiler_barrier();
			entries[i].used = true;
			return ERR_OK;
		}
	}
	return ERR_NOMEM;
}

void registry_remove(struct registry_entry *entry)
{
	*entry = (struct registry_entry){ 0 };
}

bool registry_is_reserved(gpa_t base, uint64_t bytes)
{
	const struct gpa_range range = { base, bytes };

	for (unsigned int i = 0; i < entry_count; i++) {
		if (entries[i].used && (gpa_range_touches(range, entries[i].vmsa, PAGE_SIZE) ||
					gpa_range_touches(range, entries[i].caa, PAGE_SIZE))) {
			return true;
		}
	}
	return false;
}

bool registry_is_vmsa(gpa_t base, uint64_t bytes)
{
	const struct gpa_range range = { base, bytes };

	for (unsigned int i = 0; i < entry_count; i++) {
		if (entries[i].used && gpa_range_touches(range, entries[i].vmsa, PAGE_SIZE)) {
			return true;
		}
	}
	return false;
}
