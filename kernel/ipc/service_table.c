/*
 * The services of the shipped image. The build reads their names here: each is a folder of
 * services/, and goes into the image. Test images bring a table of their own (test/services).
 */
#include "service_table.h"

#include "base/compiler.h"
#include "svsm/core.h"
#include "svsm/protocol.h"

const struct service_entry service_table[] = {
	{
		.name = "core",
		.protocol = SVSM_PROTOCOL_CORE,
		.version_min = SVSM_CORE_VERSION,
		.version_max = SVSM_CORE_VERSION,
		.rights = SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE | SYS_RIGHT_PAGES |
			  SYS_RIGHT_VCPUS,
		.reentrant = true,
		.death = SERVICE_RESTART,
	},
	/* Above this line tools/keel new-service puts what it makes. */
};

const unsigned int service_table_count = ARRAY_SIZE(service_table);
