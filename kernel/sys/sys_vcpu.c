/* vCPUs and calling areas, for the service that has the right. */
#include "sys/sys.h"
#include "vcpu/vcpu.h"

enum err sys_vcpu_create(struct sys_call *call)
{
	if (call->args[2] > UINT32_MAX) {
		return ERR_INVALID;
	}
	return vcpu_create(call->vmpl, gpa(call->args[0]), gpa(call->args[1]),
			   (uint32_t)call->args[2]);
}

enum err sys_vcpu_delete(struct sys_call *call)
{
	return vcpu_delete(call->vmpl, gpa(call->args[0]));
}

enum err sys_remap_ca(struct sys_call *call)
{
	return vcpu_remap_ca(gpa(call->args[0]));
}
