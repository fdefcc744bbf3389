/*
 * The services of test images: the shipped ones, the example, the faulty service twice, once for
 * each thing that can happen after a death, the hostile one three times, each with other rights and
 * quotas, and one that answers messages with themselves. Never part of the shipped image.
 */
#include "ipc/service_table.h"

#include "base/compiler.h"
#include "echo.h"
#include "faulty.h"
#include "hostile.h"
#include "svsm/attest.h"
#include "svsm/core.h"
#include "svsm/hello.h"
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
	{
		.name = "hello",
		.protocol = HELLO_PROTOCOL,
		.version_min = HELLO_VERSION,
		.version_max = HELLO_VERSION,
		.rights = SYS_RIGHT_GUEST_WRITE,
		.reentrant = true,
		.messages = true,
		.death = SERVICE_RESTART,
	},
	{
		.name = "faulty",
		.protocol = FAULTY_PROTOCOL,
		.version_min = FAULTY_VERSION,
		.version_max = FAULTY_VERSION,
		.rights = FAULTY_RIGHTS,
		.reentrant = false,
		.has_manifest = true,
		.guid = FAULTY_GUID,
		.death = SERVICE_RESTART,
	},
	{
		.name = "fragile",
		.protocol = FRAGILE_PROTOCOL,
		.version_min = FAULTY_VERSION,
		.version_max = FAULTY_VERSION,
		.rights = FAULTY_RIGHTS,
		.reentrant = false,
		.death = SERVICE_STAY_DOWN,
	},
	{
		.name = "hostile",
		.protocol = HOSTILE_PROTOCOL,
		.version_min = HOSTILE_VERSION,
		.version_max = HOSTILE_VERSION,
		.rights = 0,
		.messages = true,
		.heap_pages = HOSTILE_HEAP_PAGES,
		.death = SERVICE_RESTART,
	},
	{
		.name = "intruder",
		.protocol = INTRUDER_PROTOCOL,
		.version_min = HOSTILE_VERSION,
		.version_max = HOSTILE_VERSION,
		.rights = SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE | SYS_RIGHT_RANDOM |
			  SYS_RIGHT_PEERS | SYS_RIGHT_LINUX,
		.uses_fpu = true,
		.heap_pages = INTRUDER_HEAP_PAGES,
		.death = SERVICE_RESTART,
	},
	{
		.name = "glutton",
		.protocol = GLUTTON_PROTOCOL,
		.version_min = HOSTILE_VERSION,
		.version_max = HOSTILE_VERSION,
		.rights = SYS_RIGHT_PEERS,
		.uses_fpu = true,
		.heap_pages = GLUTTON_HEAP_PAGES,
		.death = SERVICE_RESTART,
	},
	{
		.name = "echo",
		.protocol = ECHO_PROTOCOL,
		.version_min = ECHO_VERSION_MIN,
		.version_max = ECHO_VERSION_MAX,
		.reentrant = false,
		.messages = true,
		.death = SERVICE_RESTART,
	},
};

const unsigned int service_table_count = ARRAY_SIZE(service_table);
