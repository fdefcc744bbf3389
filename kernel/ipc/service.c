/* The services of the table: started at boot, found by protocol, described. */
#include "service.h"

#include "arch/psp.h"
#include "base/mem.h"
#include "ipc/service_check.h"
#include "ipc/service_parts.h"
#include "log.h"

static struct service services[IMAGE_SERVICES];

static const struct image_service *find_image(const struct image_map *image, const char *name)
{
	for (unsigned int i = 0; i < image->service_count && i < IMAGE_SERVICES; i++) {
		if (service_name_equals(image->services[i].name, name)) {
			return &image->services[i];
		}
	}
	return NULL;
}

struct service *service_find(uint32_t protocol)
{
	for (unsigned int i = 0; i < service_table_count; i++) {
		if (services[i].entry != NULL && services[i].entry->protocol == protocol) {
			return &services[i];
		}
	}
	return NULL;
}

struct service *service_at(uint32_t index)
{
	return index < service_table_count && services[index].entry != NULL ? &services[index]
									    : NULL;
}

void service_describe(const struct service *service, struct sys_service *about)
{
	const struct service_entry *entry = service->entry;
	const struct image_service *image = service->loaded.image;

	*about = (struct sys_service){
		.protocol = entry->protocol,
		.version_min = entry->version_min,
		.version_max = entry->version_max,
		.flags = (service_is_up(service) ? SYS_SERVICE_UP : 0u) |
			 (entry->has_manifest ? SYS_SERVICE_MANIFEST : 0u) |
			 (entry->messages ? SYS_SERVICE_MESSAGES : 0u),
	};
	memcpy(about->name, image->name, sizeof(about->name));
	memcpy(about->guid, entry->guid, sizeof(about->guid));
	memcpy(about->hash, image->hash, sizeof(about->hash));
}

const struct service_entry *service_entry_of(const struct service *service)
{
	return service->entry;
}

bool service_is_up(const struct service *service)
{
	return service->up || service->entry->death == SERVICE_RESTART;
}

static enum err start(struct service *s, const struct service_entry *entry,
		      const struct image_map *image)
{
	const struct image_service *found = find_image(image, entry->name);
	struct service_part *c;
	enum err err;

	if (found == NULL) {
		log_error("service %s: not in the image; give it to keel-igvm", entry->name);
		return ERR_UNSUPPORTED;
	}
	s->entry = entry;
	err = (entry->rights & SYS_RIGHT_PSP) != 0 ? arch_psp_prepare() : ERR_OK;
	if (err == ERR_OK) {
		err = service_load(s, found);
	}
	if (err != ERR_OK) {
		log_error("service %s: cannot be loaded (error %d)", entry->name, err);
		return err;
	}
	c = service_part_here(s);
	if (service_make_ready(s, c) != RUN_REPLIED) {
		log_error("service %s: failed to initialise", entry->name);
		return ERR_DEAD;
	}
	c->place = PLACE_READY;
	log_info("service %s: protocol %x version %u-%u ready", entry->name, entry->protocol,
		 entry->version_min, entry->version_max);
	return ERR_OK;
}

enum err service_start_all(const struct image_map *image)
{
	enum err err = service_check(service_table, service_table_count);

	for (unsigned int i = 0; i < service_table_count && err == ERR_OK; i++) {
		err = start(&services[i], &service_table[i], image);
	}
	return err;
}
