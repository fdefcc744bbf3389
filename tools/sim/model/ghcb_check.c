/* Inputs that an event needs, as KVM's sev_es_validate_vmgexit() wants them. */
#include "ghcb_check.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/overflow.h"

#define NEED_RAX     0x01u
#define NEED_RBX     0x02u
#define NEED_RCX     0x04u
#define NEED_RDX     0x08u
#define NEED_SCRATCH 0x10u
#define NEED_CPL     0x20u

struct need {
	uint64_t code;
	unsigned int fields;
};

static const struct need needs[] = {
	{EXIT_DR7_WRITE, NEED_RAX},
	{EXIT_RDPMC, NEED_RCX},
	{EXIT_CPUID, NEED_RAX | NEED_RCX},
	{EXIT_MSR, NEED_RCX},
	{EXIT_VMMCALL, NEED_RAX | NEED_CPL},
	{EXIT_MONITOR, NEED_RAX | NEED_RCX | NEED_RDX},
	{EXIT_MWAIT, NEED_RAX | NEED_RCX},
	{GHCB_EVENT_MMIO_READ, NEED_SCRATCH},
	{GHCB_EVENT_MMIO_WRITE, NEED_SCRATCH},
	{GHCB_EVENT_PSC, NEED_SCRATCH},
	{GHCB_EVENT_EXT_REQUEST, NEED_RAX | NEED_RBX},
	{GHCB_EVENT_GET_APIC_IDS, NEED_RAX},
};

void ghcb_check_take(struct ghcb *ghcb, struct ghcb_request *request)
{
	*request = (struct ghcb_request){
		.code = READ_ONCE(ghcb->exit_code),
		.info_1 = READ_ONCE(ghcb->exit_info_1),
		.info_2 = READ_ONCE(ghcb->exit_info_2),
		.rax = READ_ONCE(ghcb->rax),
		.rbx = READ_ONCE(ghcb->rbx),
		.rcx = READ_ONCE(ghcb->rcx),
		.rdx = READ_ONCE(ghcb->rdx),
		.scratch = READ_ONCE(ghcb->scratch),
		.xcr0 = READ_ONCE(ghcb->xcr0),
	};
	memcpy(request->valid, ghcb->valid_bitmap, sizeof(request->valid));
	memset(ghcb->valid_bitmap, 0, sizeof(ghcb->valid_bitmap));
}

/* What depends on more than the exit code. */
static unsigned int extra_needs(const struct ghcb_request *r)
{
	if (r->code == EXIT_MSR && (r->info_1 & 1) != 0) {
		return NEED_RAX | NEED_RDX;
	}
	if (r->code == GHCB_EVENT_AP_CREATION && (r->info_1 & 0xFFFF) != AP_DESTROY) {
		return NEED_RAX;
	}
	if (r->code != EXIT_IOIO) {
		return 0;
	}
	if ((r->info_1 & IOIO_STRING) != 0) {
		return NEED_SCRATCH;
	}
	return (r->info_1 & IOIO_IN) != 0 ? 0 : NEED_RAX;
}

static bool has_fields(const struct ghcb_request *r, unsigned int fields)
{
	return ((fields & NEED_RAX) == 0 || GHCB_IS_VALID(r, rax)) &&
	       ((fields & NEED_RBX) == 0 || GHCB_IS_VALID(r, rbx)) &&
	       ((fields & NEED_RCX) == 0 || GHCB_IS_VALID(r, rcx)) &&
	       ((fields & NEED_RDX) == 0 || GHCB_IS_VALID(r, rdx)) &&
	       ((fields & NEED_SCRATCH) == 0 || GHCB_IS_VALID(r, scratch)) &&
	       ((fields & NEED_CPL) == 0 || GHCB_IS_VALID(r, cpl));
}

/* As KVM: a guest request without two pages is one without its inputs. */
static bool has_pages(const struct ghcb_request *r)
{
	if (r->code != GHCB_EVENT_GUEST_REQUEST && r->code != GHCB_EVENT_EXT_REQUEST) {
		return true;
	}
	return is_aligned(r->info_1, PAGE_SIZE) && is_aligned(r->info_2, PAGE_SIZE) &&
	       r->info_1 != r->info_2;
}

uint32_t ghcb_check_inputs(const struct ghcb_request *request)
{
	unsigned int fields = extra_needs(request);

	if (!GHCB_IS_VALID(request, exit_code) || !GHCB_IS_VALID(request, exit_info_1) ||
	    !GHCB_IS_VALID(request, exit_info_2)) {
		return GHCB_BAD_MISSING_INPUT;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(needs); i++) {
		if (needs[i].code == request->code) {
			fields |= needs[i].fields;
		}
	}
	if (!has_fields(request, fields) || !has_pages(request)) {
		return GHCB_BAD_MISSING_INPUT;
	}
	if (request->code == EXIT_CPUID && (uint32_t)request->rax == 0xD &&
	    !GHCB_IS_VALID(request, xcr0)) {
		return GHCB_BAD_MISSING_INPUT;
	}
	return 0;
}

uint32_t ghcb_check_scratch(const struct ghcb_request *request, uint64_t ghcb_gpa, uint64_t bytes)
{
	uint64_t buffer = ghcb_gpa + offsetof(struct ghcb, buffer);

	if (!range_within(request->scratch, bytes, buffer, GHCB_BUFFER_BYTES)) {
		return 0;
	}
	return (uint32_t)(request->scratch - ghcb_gpa);
}
