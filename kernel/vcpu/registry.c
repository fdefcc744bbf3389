/* A small table, searched in full: it has a few entries per vCPU. */
#include "registry.h"

#include "mm/pagestate.h"
#include "mm/pool.h"
#include "snp/rmp.h"

static struct registry_entry *entries; /* guarded by the page-state lock */
static unsigned int entry_count;

enum err registry_init(unsigned int vcpus)
{
	unsigned int wanted = vcpus * (VMPL_COUNT - 1) * 2;
	size_t bytes = wanted * sizeof(*entries);

	entries = pool_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
	entry_count = entries != NULL ? wanted : 0;
	return entries != NULL ? ERR_OK : ERR_NOMEM;
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

	pagestate_lock();
	for (unsigned int i = *cursor; i < entry_count && found == NULL; i++) {
		if (entries[i].used && entries[i].apic_id == apic_id) {
			found = &entries[i];
			found->busy = true;
			*cursor = i + 1;
		}
	}
	pagestate_unlock();
	return found;
}

void registry_leave(struct registry_entry *entry)
{
	pagestate_lock();
	entry->busy = false;
	pagestate_unlock();
}

enum err registry_add(const struct registry_entry *entry)
{
	for (unsigned int i = 0; i < entry_count; i++) {
		if (!entries[i].used) {
			entries[i] = *entry;
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
