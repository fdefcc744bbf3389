/* Compares each entry with those above it. */
#include "ipc/service_check.h"

#include "log.h"
#include "svsm/protocol.h"

static enum err check_protocol(const struct service_entry *entry, const struct service_entry *other)
{
	if (entry->protocol == other->protocol) {
		log_error("service %s: protocol %x is that of service %s", entry->name,
			  entry->protocol, other->name);
		return ERR_INVALID;
	}
	return ERR_OK;
}

static enum err check_name(const struct service_entry *entry, const struct service_entry *other)
{
	if (service_name_equals(entry->name, other->name)) {
		log_error("service %s: is in the table twice", entry->name);
		return ERR_INVALID;
	}
	return ERR_OK;
}

static enum err check_entry(const struct service_entry *table, unsigned int at)
{
	static const struct service_entry keel = {
		.name = "of the kernel", /* Keel's message protocol */
		.protocol = SVSM_PROTOCOL_KEEL,
	};
	enum err err = check_protocol(&table[at], &keel);

	for (unsigned int i = 0; i < at && err == ERR_OK; i++) {
		err = check_name(&table[at], &table[i]);
		if (err == ERR_OK) {
			err = check_protocol(&table[at], &table[i]);
		}
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
