/*
 * The services of the shipped image. The build reads their names here: each is a folder of
 * services/, and goes into the image. Test images bring a table of their own (test/services).
 */
#include "service_table.h"

#include "base/compiler.h"
#include "svsm/attest.h"
#include "svsm/core.h"
#include "svsm/protocol.h"
#include "svsm/vtpm.h"

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
	{
		/* Holds VMPCK0 and counts its messages: a new start would repeat numbers. */
		.name = "attestation",
		.protocol = SVSM_PROTOCOL_ATTEST,
		.version_min = SVSM_ATTEST_VERSION,
		.version_max = SVSM_ATTEST_VERSION,
		.rights = SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE | SYS_RIGHT_PEERS |
			  SYS_RIGHT_PSP,
		.uses_fpu = true,
		.death = SERVICE_STAY_DOWN,
	},
	{
		.name = "vtpm",
		.protocol = SVSM_PROTOCOL_VTPM,
		.version_min = SVSM_VTPM_VERSION,
		.version_max = SVSM_VTPM_VERSION,
		.rights = SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE | SYS_RIGHT_RANDOM |
			  SYS_RIGHT_LINUX | SYS_RIGHT_LAUNCH,
		.reentrant = false,
		.has_manifest = true,
		.uses_fpu = true,
		.heap_pages = 512,
		.stack_pages = 32,
		.guid = SVSM_VTPM_GUID,
		.death = SERVICE_STAY_DOWN, /* started again it would have clean PCRs */
	},
	/* Above this line tools/keel new-service puts what it makes. */
};

const unsigned int service_table_count = ARRAY_SIZE(service_table);
