/* One CPU runs the SVSM; the others of the VM are known by number, and stay where the host keeps them. */
#include "cpus.h"

#include "arch/cpu.h"
#include "arch/host.h"
#include "log.h"
#include "vcpu/vcpu.h"

enum err cpus_start(const struct image_map *image)
{
	enum err err = arch_host_apic_id(&vcpu_this()->apic_id);

	(void)image;
	if (err == ERR_OK && vcpu_count() > 1) {
		log_info("other CPUs: %u not started, this version runs on one", vcpu_count() - 1);
	}
	return err;
}
