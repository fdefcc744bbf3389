/* REMAP_CA: moves the calling vCPU's calling area. The kernel clears both pending bytes. */
#include "base/bits.h"
#include "core/core.h"
#include "rt/sys.h"
#include "svsm/result.h"

void core_remap_ca(const struct msg_header *request, struct msg_header *reply)
{
	enum err err = ERR_INVALID;

	if (is_aligned(request->rcx, PAGE_SIZE)) {
		err = sys_remap_ca(request->rcx);
	}
	reply->result = svsm_result(err);
}
