/* Compares each entry with those above it. */
#include "ipc/service_check.h"

#include "base/mem.h"
#include "log.h"
#include "svsm/attest.h"
#include "svsm/protocol.h"

/* What only one of two may have; their names and numbers choose the service that is meant. */
static const char *same(const struct service_entry *a, const struct service_entry *b)
{
	if (service_name_equals(a->name, b->name)) {
		return "name";
	}
	if (a->protocol == b->protocol) {
		return "protocol";
	}
	return !sys_guid_is_none(a->guid) && memcmp(a->guid, b->guid, sizeof(a->guid)) == 0 ? "GUID"
											    : NULL;
}

static enum err check_pair(const struct service_entry *entry, const struct service_entry *other)
{
	const char *what = same(entry, other);

	if (what == NULL) {
		return ERR_OK;
	}
	log_error("service %s (protocol %x): its %s is that of %s", entry->name, entry->protocol,
		  what, other->name);
	return ERR_INVALID;
}

static enum err check_entry(const struct service_entry *table, unsigned int at)
{
	static const struct service_entry keel = {
		.name = "Keel's own", /* message protocol, and entry in the attested manifest */
		.protocol = SVSM_PROTOCOL_KEEL,
		.guid = SVSM_MANIFEST_KEEL_GUID,
	};
	enum err err = check_pair(&table[at], &keel);

	for (unsigned int i = 0; i < at && err == ERR_OK; i++) {
		err = check_pair(&table[at], &table[i]);
	}
	return err;
}

enum err service_check(const struct service_entry *table, unsigned int count)
{
	enum err err = ERR_OK;

	if (count > IMAGE_SERVICES) {
		log_error("%u services: an image has room for %u", count, IMAGE_SERVICES);
		return ERR_INVALID;
	}
	for (unsigned int i = 0; i < count && err == ERR_OK; i++) {
		err = check_entry(table, i);
	}
	return err;
}
