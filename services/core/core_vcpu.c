/*
 * CREATE_VCPU and DELETE_VCPU. What the VMSA page holds, and whether it may be one, only the kernel
 * can tell: it looks after having taken the page from the guest.
 */
#include "base/bits.h"
#include "core/core.h"
#include "rt/sys.h"
#include "svsm/result.h"

enum err core_vcpu_create_decode(const struct msg_header *request,
				 struct core_vcpu_create_args *args)
{
	if (!is_aligned(request->rcx, PAGE_SIZE) || !is_aligned(request->rdx, PAGE_SIZE)) {
		return ERR_INVALID;
	}
	if ((request->r8 >> 32) != 0) {
		return ERR_FORMAT;
	}
	if (request->rcx == request->rdx) {
		return ERR_ADDRESS;
	}
	args->vmsa_gpa = request->rcx;
	args->caa_gpa = request->rdx;
	args->apic_id = (uint32_t)request->r8;
	return ERR_OK;
}

void core_vcpu_create(const struct msg_header *request, struct msg_header *reply)
{
	struct core_vcpu_create_args args;
	enum err err = core_vcpu_create_decode(request, &args);

	if (err == ERR_OK) {
		err = sys_vcpu_create(args.vmsa_gpa, args.caa_gpa, args.apic_id);
	}
	reply->result = svsm_result(err);
}

void core_vcpu_delete(const struct msg_header *request, struct msg_header *reply)
{
	enum err err = ERR_INVALID;

	if (is_aligned(request->rcx, PAGE_SIZE)) {
		err = sys_vcpu_delete(request->rcx);
	}
	reply->result = svsm_result(err);
}
