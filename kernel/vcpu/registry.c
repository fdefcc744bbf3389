/* A small table, searched up to the last place that was ever in use: a few entries per vCPU. */
#include "registry.h"

#include "lock.h"
#include "mm/pool.h"
#include "snp/rmp.h"

static struct lock lock; /* guards entries[] */
static struct registry_entry *entries;
static unsigned int entry_count;
static unsigned int ever_used; /* places from here on never were */

enum err registry_init(unsigned int vcpus)
{
	unsigned int wanted = vcpus * (VMPL_COUNT - 1) * 2;
	size_t bytes = wanted * sizeof(*entries);

	entries = pool_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
	entry_count = entries != NULL ? wanted : 0;
	return entries != NULL ? ERR_OK : ERR_NOMEM;
}

enum err registry_add(const struct registry_entry *values, struct registry_entry **entry)
{
	enum err err = ERR_NOMEM;

	lock_take(&lock);
	for (unsigned int i = 0; i < entry_count && err != ERR_OK; i++) {
		if (!entries[i].used) {
			entries[i] = *values;
			entries[i].used = true;
			entries[i].busy = true;
			*entry = &entries[i];
			ever_used = i < ever_used ? ever_used : i + 1;
			err = ERR_OK;
		}
	}
	lock_release(&lock);
	return err;
}

struct registry_entry *registry_enter(uint32_t apic_id, unsigned int *cursor, bool *passed_over)
{
	struct registry_entry *found = NULL;

	lock_take(&lock);
	for (unsigned int i = *cursor; i < ever_used && found == NULL; i++) {
		if (!entries[i].used || entries[i].apic_id != apic_id || entries[i].has_no_area) {
			continue;
		}
		if (entries[i].busy) {
			*passed_over = true;
			continue;
		}
		found = &entries[i];
		found->busy = true;
		*cursor = i + 1;
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

void registry_leave_for_good(struct registry_entry *entry)
{
	lock_take(&lock);
	entry->has_no_area = true;
	entry->busy = false;
	lock_release(&lock);
}

static struct registry_entry *find(gpa_t vmsa)
{
	for (unsigned int i = 0; i < ever_used; i++) {
		if (entries[i].used && gpa_equal(entries[i].vmsa, vmsa)) {
			return &entries[i];
		}
	}
	return NULL;
}

enum err registry_claim(gpa_t vmsa, unsigned int vmpl, struct registry_entry **entry)
{
	enum err err = ERR_OK;
	struct registry_entry *found;

	lock_take(&lock);
	found = find(vmsa);
	if (found == NULL || found->is_launch || found->vmpl < vmpl) {
		err = ERR_INVALID;
	} else if (found->busy) {
		err = ERR_INUSE;
	} else {
		found->busy = true;
		*entry = found;
	}
	lock_release(&lock);
	return err;
}

void registry_remove(struct registry_entry *entry)
{
	lock_take(&lock);
	*entry = (struct registry_entry){0};
	lock_release(&lock);
}

bool registry_can_take_area(gpa_t caa, uint32_t apic_id, unsigned int vmpl)
{
	bool is_there = false;
	bool is_free = true;

	lock_take(&lock);
	for (unsigned int i = 0; i < ever_used; i++) {
		if (entries[i].used && !entries[i].has_no_area && gpa_equal(entries[i].caa, caa)) {
			is_there = true;
			is_free = is_free && entries[i].apic_id == apic_id &&
				  entries[i].vmpl >= vmpl &&
				  !entries[i].is_launch;
		}
	}
	lock_release(&lock);
	return is_there && is_free;
}

void registry_take_area(const struct registry_entry *owner)
{
	lock_take(&lock);
	for (unsigned int i = 0; i < ever_used; i++) {
		if (entries[i].used && &entries[i] != owner &&
		    gpa_equal(entries[i].caa, owner->caa)) {
			entries[i].has_no_area = true;
		}
	}
	lock_release(&lock);
}

void registry_set_caa(struct registry_entry *entry, gpa_t caa)
{
	lock_take(&lock);
	entry->caa = caa;
	lock_release(&lock);
}
