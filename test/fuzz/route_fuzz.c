/*
 * The call router: a VMSA and a calling area as the input has them, a service that answers
 * anything. Only a call that was made is answered; nothing of the VMSA changes but EFER.SVME and
 * the registers that carry results, RAX zero-extended.
 */
#include <string.h>

#include "arch/cpu.h"
#include "arch/guest.h"
#include "arch/host.h"
#include "fuzz.h"
#include "ipc/message.h"
#include "ipc/route.h"
#include "ipc/service.h"
#include "log.h"
#include "mm/deposit.h"
#include "mm/guestmem.h"
#include "snp/ghcb.h"
#include "svsm/protocol.h"
#include "vcpu/request.h"
#include "vcpu/vcpu.h"
#include "x86/msr.h"

/* What the service answers. */
struct reply {
	uint32_t unused[4];
	uint64_t rcx, rdx, r8, r9;
	uint32_t result;
};

/* The input's start; the rest is the VMSA's. */
struct input {
	uint8_t pending;
	uint8_t read_fails;
	uint8_t write_fails;
	uint8_t has_service;
	uint8_t err; /* the service's */
	uint8_t is_vmgexit;
	uint16_t is_running; /* on another CPU */
	struct reply reply;
};

struct service {
	unsigned int calls;
};

static struct input input;
static struct vmsa vmsa;
static bool is_mapped;
static struct service service;
static const struct service_entry entry = {.version_min = 1, .version_max = 1};
static struct vcpu vcpu = {.apic_id = 7, .vmpl = 2};
static uint8_t caa;

/* Calls by name are the whole kernel's matter (kernel_fuzz.c). */
void message_dispatch(struct route_call *call)
{
	call->result = SVSM_ERR_UNSUPPORTED_PROTOCOL;
}

struct vmsa *arch_vmsa_map(gpa_t page)
{
	FUZZ_CHECK(page.value == 0x1000 && !is_mapped);
	is_mapped = true;
	return &vmsa;
}

void arch_vmsa_unmap(void)
{
	FUZZ_CHECK(is_mapped);
	is_mapped = false;
}

bool arch_vmsa_runs(struct vmsa *mapped, unsigned int other)
{
	FUZZ_CHECK(mapped == &vmsa && is_mapped && other != 2 && (vmsa.efer & EFER_SVME) == 0);
	return input.is_running != 0;
}

enum err guestmem_read(gpa_t from, void *to, size_t bytes, unsigned int vmpl)
{
	FUZZ_CHECK(vmpl == 2 && from.value == 0x2000 && bytes == 1 && (vmsa.efer & EFER_SVME) == 0);
	if (input.read_fails != 0) {
		return ERR_ADDRESS;
	}
	memcpy(to, &caa, 1);
	return ERR_OK;
}

enum err guestmem_write(gpa_t to, const void *from, size_t bytes, unsigned int vmpl)
{
	FUZZ_CHECK(vmpl == 2);
	/* The pending byte, and MEM_AVAILABLE. */
	FUZZ_CHECK(to.value == 0x2000 && bytes == 2 && (vmsa.efer & EFER_SVME) == 0);
	if (input.write_fails != 0) {
		return ERR_ADDRESS;
	}
	memcpy(&caa, from, 1);
	return ERR_OK;
}

bool deposit_is_available(void)
{
	return false;
}

struct service *service_find(uint32_t protocol)
{
	FUZZ_CHECK(protocol == SVSM_CALL_PROTOCOL(vmsa.rax));
	return input.has_service != 0 ? &service : NULL;
}

const struct service_entry *service_entry_of(const struct service *of)
{
	FUZZ_CHECK(of == &service);
	return &entry;
}

bool service_is_up(const struct service *of)
{
	FUZZ_CHECK(of == &service);
	return true;
}

/* Either it answers and the call is the answer, or it does not, and registers stay. */
enum err service_call(struct service *to, struct route_call *call)
{
	enum err err = (enum err)(input.err % ERR_COUNT);

	FUZZ_CHECK(to == &service && !is_mapped);
	FUZZ_CHECK(call->vcpu == vcpu.apic_id && call->vmpl == 2);
	to->calls++;
	if (err == ERR_OK) {
		call->rcx = input.reply.rcx;
		call->rdx = input.reply.rdx;
		call->r8 = input.reply.r8;
		call->r9 = input.reply.r9;
		call->result = input.reply.result;
	}
	return err;
}

struct vcpu *vcpu_this(void)
{
	return &vcpu;
}

void log_limited(enum log_level level, const char *format, ...)
{
	FUZZ_CHECK(level == LOG_WARN || level == LOG_NOTICE);
	FUZZ_CHECK(format != NULL);
}

/* The loop around it is not run here. */
struct registry_entry *registry_enter(uint32_t apic_id, unsigned int *cursor, bool *passed_over)
{
	FUZZ_CHECK(apic_id == *cursor && *passed_over && false);
	return NULL;
}

void registry_leave(struct registry_entry *of)
{
	FUZZ_CHECK(of == NULL && false);
}

void arch_idle(void)
{
	abort();
}

enum err arch_host_run_vmpl(unsigned int vmpl)
{
	FUZZ_CHECK(vmpl == 2 && false);
	return ERR_HOST;
}

static void check_result(const struct vmsa *before)
{
	const struct reply *reply = &input.reply;
	uint32_t result = (uint32_t)vmsa.rax;

	FUZZ_CHECK(vmsa.rax == result);
	if (input.pending != 1) {
		FUZZ_CHECK(result == SVSM_ERR_INVALID_FORMAT && service.calls == 0);
	} else if (input.has_service == 0) {
		FUZZ_CHECK(result == SVSM_ERR_UNSUPPORTED_PROTOCOL && service.calls == 0);
	} else {
		FUZZ_CHECK(service.calls == 1);
	}
	if (service.calls == 1 && input.err % ERR_COUNT == ERR_OK) {
		FUZZ_CHECK(result == reply->result && vmsa.rcx == reply->rcx);
		FUZZ_CHECK(vmsa.rdx == reply->rdx && vmsa.r8 == reply->r8 && vmsa.r9 == reply->r9);
	} else {
		FUZZ_CHECK((result & UINT32_C(0x80000000)) != 0 && vmsa.rcx == before->rcx);
		FUZZ_CHECK(vmsa.rdx == before->rdx && vmsa.r8 == before->r8);
		FUZZ_CHECK(vmsa.r9 == before->r9);
	}
	FUZZ_CHECK(caa == (input.write_fails != 0 ? input.pending : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const struct registry_entry who = {.vmsa = {0x1000}, .caa = {0x2000}, .vmpl = 2};
	size_t head = bytes < sizeof(input) ? bytes : sizeof(input);
	size_t rest = bytes - head < sizeof(vmsa) ? bytes - head : sizeof(vmsa);
	struct vmsa before;
	bool is_answered;

	memset(&input, 0, sizeof(input));
	memset(&vmsa, 0, sizeof(vmsa));
	memcpy(&input, data, head);
	memcpy(&vmsa, data + head, rest);
	if (input.is_vmgexit != 0) {
		vmsa.guest_exitcode = EXIT_VMGEXIT;
	}
	before = vmsa;
	service = (struct service){0};
	caa = input.pending;
	is_answered = request_handle(&who);
	FUZZ_CHECK(!is_mapped && (vmsa.efer & EFER_SVME) != 0);
	FUZZ_CHECK(is_answered == (before.guest_exitcode == EXIT_VMGEXIT && input.pending != 0 &&
				   input.is_running == 0 && input.read_fails == 0));
	if (is_answered) {
		check_result(&before);
		before.rax = vmsa.rax;
		before.rcx = vmsa.rcx;
		before.rdx = vmsa.rdx;
		before.r8 = vmsa.r8;
		before.r9 = vmsa.r9;
	} else {
		FUZZ_CHECK(caa == input.pending);
	}
	before.efer |= EFER_SVME;
	FUZZ_CHECK(memcmp(&before, &vmsa, sizeof(vmsa)) == 0);
	return 0;
}
