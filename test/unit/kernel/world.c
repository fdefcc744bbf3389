/*
 * Builds the world of world.h: what the image builder, the launch and the boot would have done.
 */
#include "world.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot/bootinfo.h"
#include "boot/firmware.h"
#include "ipc/service.h"
#include "ipc/service_table.h"
#include "log.h"
#include "mm/memmap.h"
#include "mm/pool.h"
#include "snp/ghcb.h"
#include "snp/igvm.h"
#include "snp/ovmf.h"
#include "snp/vmsa.h"
#include "svsm/protocol.h"
#include "vcpu/cpus.h"
#include "vcpu/registry.h"
#include "vcpu/request.h"
#include "vcpu/vcpu.h"
#include "x86/msr.h"

#define RIGHTS_ALL                                                                            \
	(SYS_RIGHT_GUEST_READ | SYS_RIGHT_GUEST_WRITE | SYS_RIGHT_PAGES | SYS_RIGHT_VCPUS | \
	 SYS_RIGHT_RANDOM)

#define ENTRY(service, label, what, many, end)                                     \
	[service] = { .name = (label), .protocol = WORLD_PROTOCOL(service),        \
		      .version_min = 1, .version_max = 1, .rights = (what),        \
		      .reentrant = (many), .messages = (service) != WORLD_CORE,    \
		      .uses_fpu = (service) == WORLD_FRAGILE, .heap_pages = 8,     \
		      .guid = { (service) }, .death = (end) }

const struct service_entry service_table[] = {
	ENTRY(WORLD_CORE, "core", RIGHTS_ALL, true, SERVICE_RESTART),
	ENTRY(WORLD_PLAIN, "plain", 0, false, SERVICE_RESTART),
	ENTRY(WORLD_FRAGILE, "fragile", 0, false, SERVICE_STAY_DOWN),
	ENTRY(WORLD_SHARED, "shared", SYS_RIGHT_RANDOM | SYS_RIGHT_PEERS | SYS_RIGHT_LINUX, true,
	      SERVICE_RESTART),
};
const unsigned int service_table_count = WORLD_SERVICES;

static void must(bool is_true)
{
	if (!is_true) {
		fprintf(stderr, "the test's world cannot be set up\n%s", fake_console());
		abort();
	}
}

static struct image_segment segment(uint32_t page, uint32_t zero_pages, uint32_t flags, uint64_t va)
{
	return (struct image_segment){ page * (uint32_t)PAGE_SIZE, 1, zero_pages, flags, va };
}

/* Text, constants, data: the data page holds a pattern that a restart must bring back. */
static void put_service(struct image_map *image, unsigned int i)
{
	struct image_service *s = &image->services[i];
	uint32_t page = WORLD_SERVICE_PAGE + i * 4;
	const char *name = service_table[i].name;

	memcpy(s->name, name, strlen(name));
	s->entry = SERVICE_IMAGE_VA;
	s->segment_count = 3;
	s->segments[0] = segment(page, 0, IMAGE_READ | IMAGE_EXEC, SERVICE_IMAGE_VA);
	s->segments[1] = segment(page + 1, 0, IMAGE_READ, SERVICE_IMAGE_VA + PAGE_SIZE);
	s->segments[2] = segment(page + 2, 1, IMAGE_READ | IMAGE_WRITE, WORLD_DATA_VA);
	memset((uint8_t *)image + (page + 2) * PAGE_SIZE, 0xD0 + (int)i, PAGE_SIZE);
}

static void put_section(struct image_map *image, uint32_t type, uint64_t base, uint64_t bytes)
{
	image->sections[image->section_count++] =
		(struct image_section){ (uint32_t)base, (uint32_t)bytes, type, 0 };
}

static void put_parameters(struct image_map *image, const struct world *world)
{
	struct igvm_memory_map_entry *map =
		(void *)((uint8_t *)image + WORLD_MAP_PAGE * PAGE_SIZE);
	const uint32_t cpus = world->cpus;

	map[0].page_count = WORLD_FIRMWARE / PAGE_SIZE;
	map[1].page_number = REGION_BASE_DEFAULT / PAGE_SIZE;
	map[1].page_count = world->claims_region ? FAKE_REGION_PAGES : 0;
	memcpy((uint8_t *)image + WORLD_COUNT_PAGE * PAGE_SIZE, &cpus, sizeof(cpus));
}

void world_image(const struct world *world)
{
	struct image_map *image = fake_image();

	fake_memory_reset();
	*image = (struct image_map){
		.magic = IMAGE_MAP_MAGIC,
		.version = IMAGE_MAP_VERSION,
		.bytes = sizeof(*image),
		.region_base = REGION_BASE_DEFAULT,
		.region_bytes = FAKE_REGION_BYTES,
		.guest_vmpl = world->guest_vmpl,
		.image_pages = WORLD_IMAGE_PAGES,
		.secrets_offset = WORLD_SECRETS_PAGE * PAGE_SIZE,
		.memory_map_offset = WORLD_MAP_PAGE * PAGE_SIZE,
		.vp_count_offset = WORLD_COUNT_PAGE * PAGE_SIZE,
		.low_base = WORLD_LOW,
		.low_pages = WORLD_LOW_PAGES,
		.firmware_gpa = WORLD_FIRMWARE,
		.firmware_bytes = WORLD_FIRMWARE_BYTES,
		.service_count = WORLD_SERVICES,
	};
	put_section(image, OVMF_SECTION_MEMORY, 0x800000, 0x9000);
	put_section(image, OVMF_SECTION_SECRETS, WORLD_SECRETS, PAGE_SIZE);
	put_section(image, OVMF_SECTION_CPUID, WORLD_CPUID, PAGE_SIZE);
	put_section(image, OVMF_SECTION_CAA, WORLD_CAA, PAGE_SIZE);
	put_parameters(image, world);
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		put_service(image, i);
	}
	/* What the launch has validated outside of the region. */
	for (uint64_t i = 0; i < WORLD_LOW_PAGES; i++) {
		fake_give(WORLD_LOW + i * PAGE_SIZE, 0);
	}
	for (uint64_t at = 0; at < WORLD_FIRMWARE_BYTES; at += PAGE_SIZE) {
		fake_give(WORLD_FIRMWARE + at, 0);
	}
}

void world_pool(const struct world *world)
{
	world_image(world);
	log_console_ready();
	pool_init(fake_image());
}

void world_memory(const struct world *world)
{
	world_pool(world);
	must(memmap_add(0, WORLD_FIRMWARE) == ERR_OK);
	must(memmap_add(WORLD_FIRMWARE, WORLD_FIRMWARE_BYTES) == ERR_OK);
	must(pagestate_init() == ERR_OK);
}

void world_set_owner(uint64_t page, enum page_state state, unsigned int owner)
{
	pagestate_lock(gpa(page));
	must(pagestate_reserve(gpa(page), PAGE_SIZE) == ERR_OK);
	pagestate_set(gpa(page), PAGE_SIZE, state, owner);
	pagestate_unlock(gpa(page));
}

void world_set_state(uint64_t page, enum page_state state)
{
	world_set_owner(page, state, state >= PAGE_GUEST ? 2 : PAGE_NOBODY);
}

enum page_state world_state(uint64_t page)
{
	enum page_state state;

	pagestate_lock(gpa(page));
	state = pagestate_get(gpa(page));
	pagestate_unlock(gpa(page));
	return state;
}

unsigned int world_owner(uint64_t page)
{
	unsigned int owner;

	pagestate_lock(gpa(page));
	owner = pagestate_owner(gpa(page));
	pagestate_unlock(gpa(page));
	return owner;
}

void world_give(uint64_t page, unsigned int vmpl)
{
	fake_give(page, vmpl);
	world_set_owner(page, PAGE_GUEST, vmpl);
}

void world_vcpus(const struct world *world)
{
	world_memory(world);
	must(vcpu_init(world->cpus) == ERR_OK);
	for (unsigned int i = 0; i < world->cpus; i++) {
		vcpu_set_apic_id(i, WORLD_APIC_ID(i));
	}
	vcpu_set_vmpl(world->guest_vmpl);
}

void world_boot(const struct world *world)
{
	const struct image_map *image = fake_image();

	world_image(world);
	log_console_ready();
	pool_init(image);
	for (unsigned int i = 0; i < WORLD_SERVICES; i++) {
		fake_programs[i] = fake_programs[i] != NULL ? fake_programs[i] : world_echo;
	}
	fake_host.apic_id_count = world->cpus;
	for (unsigned int i = 0; i < world->cpus; i++) {
		fake_host.apic_ids[i] = WORLD_APIC_ID(i);
	}
	must(bootinfo_read(image) == ERR_OK);
	must(service_start_all(image) == ERR_OK);
	must(cpus_start(image) == ERR_OK);
	must(firmware_start(image) == ERR_OK);
	fake_trace.count = 0;
	fake_trace.flushes = 0;
}

uint64_t world_vmsa(void)
{
	return fake_host.vcpu_vmsa;
}

void world_ask(uint64_t vmsa, uint64_t caa, const struct world_call *call)
{
	struct vmsa *v = fake_at(vmsa);
	uint8_t pending = call->pending != 0 ? call->pending : 1;

	v->rax = call->rax;
	v->rcx = call->rcx;
	v->rdx = call->rdx;
	v->r8 = call->r8;
	v->r9 = call->r9;
	v->efer |= EFER_SVME;
	v->guest_exitcode = call->exit_code != 0 ? call->exit_code : EXIT_VMGEXIT;
	*(uint8_t *)fake_at(caa) = pending == WORLD_NOT_PENDING ? 0 : pending;
}

bool world_serve(uint64_t vmsa, struct world_call *call)
{
	const struct vmsa *v = fake_at(vmsa);
	struct vcpu *vcpu = vcpu_this();
	struct registry_entry *entry;
	unsigned int cursor = 0;
	bool answered = false, passed_over = false;

	while ((entry = registry_enter(vcpu->apic_id, &cursor, &passed_over)) != NULL) {
		if (entry->vmsa.value == vmsa) {
			vcpu->caller = entry;
			answered = request_handle(entry);
			vcpu->caller = NULL;
		}
		registry_leave(entry);
	}
	*call = (struct world_call){ v->rax, v->rcx, v->rdx, v->r8, v->r9, 0, 0 };
	return answered;
}

uint64_t world_guest_call(struct world_call *call)
{
	world_ask(world_vmsa(), WORLD_CAA, call);
	return world_serve(world_vmsa(), call) ? call->rax : UINT64_MAX;
}

void world_reply(struct msg_buffer *msg, uint32_t result)
{
	msg->reply = (struct msg_header){
		.version = MSG_VERSION,
		.protocol = msg->request.protocol,
		.call = msg->request.call,
		.result = result,
	};
}

void world_echo(struct msg_buffer *msg, uint64_t first)
{
	(void)first;
	for (;;) {
		(void)fake_sys(SYS_REPLY_WAIT, 0, 0, 0);
		world_reply(msg, SVSM_SUCCESS);
		msg->reply.flags = MSG_SET_RCX | MSG_SET_RDX;
		msg->reply.rcx = ~msg->request.rcx;
		msg->reply.rdx = msg->request.rdx;
	}
}

/* Ends a child without the exit handlers of its parent, but with what coverage has counted. */
void __gcov_dump(void) __attribute__((weak));

static void end_child(int status)
{
	fflush(NULL);
	if (__gcov_dump != NULL) {
		__gcov_dump();
	}
	_exit(status);
}

static int wait_for(pid_t child)
{
	int status = 0;

	must(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void world_run(void (*body)(void), struct unit_state *state)
{
	struct unit_state *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	must(shared != MAP_FAILED);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		body();
		*shared = *state;
		end_child(0);
	}
	if (wait_for(child) == 0) {
		*state = *shared;
	} else {
		fprintf(stderr, "FAILED %s: the process ended\n", state->case_name);
		state->has_failed = true;
	}
	(void)munmap(shared, sizeof(*shared));
}

int world_panic_of(void (*body)(void))
{
	pid_t child;
	int status;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		fake_cpu.exits_on_panic = true;
		body();
		end_child(0);
	}
	status = wait_for(child);
	return status >= FAKE_EXIT_PANIC && status < 255 ? status - FAKE_EXIT_PANIC : -1;
}

int world_find_event(enum fake_op op, uint64_t gpa)
{
	for (unsigned int i = 0; i < fake_trace.count && i < FAKE_EVENTS_MAX; i++) {
		if (fake_trace.events[i].op == op && fake_trace.events[i].gpa == gpa) {
			return (int)i;
		}
	}
	return -1;
}
