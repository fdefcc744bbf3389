/*
 * For tests of CPU hotplug: a CPU that comes back finds its GHCB free, as if its AP reset hold had
 * returned. Linux leaves it marked as in use and panics in the second round (docs/guests.md).
 */
#define pr_fmt(fmt) "keel: " fmt

#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/percpu.h>

/* Linux' struct sev_es_runtime_data, which is private: the GHCB, its backup, and two marks. */
#define IN_USE	      8192
#define BACKUP_IN_USE 8193

#define WAIT_STEPS 1000

static unsigned long runtime_data;
module_param(runtime_data, ulong, 0);
MODULE_PARM_DESC(runtime_data, "the address of runtime_data in /proc/kallsyms");

static unsigned int released;
module_param(released, uint, 0444);
MODULE_PARM_DESC(released, "how many GHCBs were marked as free");

static int state;

static int before_it_starts(unsigned int cpu)
{
	unsigned char *data = *per_cpu_ptr((unsigned char *__percpu *)runtime_data, cpu);

	/* It says that it is gone, and then goes. */
	for (int i = 0; i < WAIT_STEPS && READ_ONCE(data[IN_USE]) == 0; i++) {
		msleep(1);
	}
	if (data[IN_USE] != 1 || data[BACKUP_IN_USE] != 0) {
		pr_err("CPU %u: its GHCB is not left in use by an AP reset hold (%u, %u)\n", cpu,
		       data[IN_USE], data[BACKUP_IN_USE]);
		return -EINVAL;
	}
	WRITE_ONCE(data[IN_USE], 0);
	released++;
	return 0;
}

static int __init ghcb_release_init(void)
{
	if (runtime_data == 0) {
		pr_err("the parameter runtime_data is missing\n");
		return -EINVAL;
	}
	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "keel/ghcb:release",
					  before_it_starts, NULL);
	return state < 0 ? state : 0;
}

static void __exit ghcb_release_exit(void)
{
	cpuhp_remove_state_nocalls(state);
}

module_init(ghcb_release_init);
module_exit(ghcb_release_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Marks the GHCB of a CPU that comes back as free");
