/*
 * Prints which SVSM protocols are served, then stays loaded and does nothing. Linux has no exported
 * function to call the SVSM with, so the module finds its CPU's calling area as the specification
 * says: by the SVSM_CAA MSR, which Linux's own #VC handler answers.
 */
#define pr_fmt(fmt) "keel: " fmt

#include <linux/cc_platform.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/preempt.h>

#include <asm/io.h>

#include "call.h"

#define PROTOCOL_KEEL 0x4B45454Cu

static const struct {
	unsigned int protocol;
	const char *name;
} protocols[] = {
	{0, "core"}, {1, "attestation"}, {2, "vTPM"},
	{3, "APIC"}, {4, "UEFI MM"},	 {PROTOCOL_KEEL, "Keel"},
};

static int query(unsigned int protocol, unsigned long long *versions)
{
	unsigned long flags;
	unsigned long long caa;
	int err;

	local_irq_save(flags);
	caa = call_area();
	err = call_query_protocol(phys_to_virt(caa), protocol, 1, versions);
	local_irq_restore(flags);
	return err;
}

static int __init keel_protocols_init(void)
{
	unsigned long long versions;
	unsigned int i;
	int err;

	if (!cc_platform_has(CC_ATTR_GUEST_SEV_SNP)) {
		pr_err("this is no SEV-SNP guest\n");
		return -ENODEV;
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		err = query(protocols[i].protocol, &versions);
		if (err != 0) {
			pr_err("the SVSM cannot be called: error %d\n", err);
			return -EIO;
		}
		if (versions == 0) {
			pr_info("protocol %#x (%s): not offered\n", protocols[i].protocol,
				protocols[i].name);
		} else {
			pr_info("protocol %#x (%s): versions %u to %u\n", protocols[i].protocol,
				protocols[i].name, (unsigned int)versions,
				(unsigned int)(versions >> 32));
		}
	}
	return 0;
}

static void __exit keel_protocols_exit(void)
{
}

module_init(keel_protocols_init);
module_exit(keel_protocols_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Prints the SVSM protocols that are served");
