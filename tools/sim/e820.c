/* Same number of entries as the machine has, so that fw_cfg's directory stays right about the size.
 */
#include "e820.h"

#include "fwcfg.h"
#include "log.h"
#include "memory.h"

#define MAX_ENTRIES 32

static struct e820_entry entries[MAX_ENTRIES] ALIGNED(4096);
static unsigned int count;
static uint16_t key;

static void sort(void)
{
	struct e820_entry e;
	unsigned int j;

	for (unsigned int i = 1; i < count; i++) {
		e = entries[i];
		for (j = i; j > 0 && entries[j - 1].base > e.base; j--) {
			entries[j] = entries[j - 1];
		}
		entries[j] = e;
	}
}

/* Low RAM ends where the simulator begins; nothing is said about what follows. */
static void hide(struct e820_entry *e)
{
	uint64_t end = memory_hidden_base();

	if (e->type == E820_RAM && e->base < end && e->bytes > end - e->base) {
		e->bytes = end - e->base;
	}
}

void e820_init(void)
{
	struct fwcfg_file file;

	if (!fwcfg_find("etc/e820", &file)) {
		log_fatal("this machine has no etc/e820 in fw_cfg");
	}
	if (file.bytes > sizeof(entries) || file.bytes % sizeof(entries[0]) != 0) {
		log_fatal("etc/e820 has %u bytes", file.bytes);
	}
	fwcfg_read(file.key, memory_pa_of(entries), file.bytes);
	key = file.key;
	count = (unsigned int)(file.bytes / sizeof(entries[0]));
	sort();
	for (unsigned int i = 0; i < count; i++) {
		hide(&entries[i]);
	}
}

bool e820_guest_at(unsigned int index, struct e820_entry *entry)
{
	if (index >= count) {
		return false;
	}
	*entry = entries[index];
	return true;
}

const void *e820_guest_table(uint16_t *table_key, uint32_t *bytes)
{
	*table_key = key;
	*bytes = (uint32_t)(count * sizeof(entries[0]));
	return entries;
}
