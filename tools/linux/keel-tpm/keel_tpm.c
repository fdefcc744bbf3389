/*
 * The TPM that an SVSM serves (protocol 2), as Linux's TPM chip: /dev/tpm0, /dev/tpmrm0 and the
 * firmware's event log. For kernels that have no such driver of their own.
 *
 * A command may take the SVSM longer than a guest should wait with interrupts off, so each entry is
 * bounded by the SVSM, and between two of them the thread can be scheduled away. It stays on its
 * CPU: the SVSM goes on with the command when this CPU calls again.
 */
#define pr_fmt(fmt) "keel-tpm: " fmt

#include <linux/cc_platform.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/tpm.h>

#include <asm/io.h>

#include "call.h"

/* No command takes so long; a TPM that does is given up. */
#define COMMAND_SECONDS 300
#define BUSY_USEC	200

/* Exported by the kernel, but declared in a header that modules from outside do not get. */
struct tpm_chip *tpm_chip_alloc(struct device *parent, const struct tpm_class_ops *ops);
int tpm_chip_register(struct tpm_chip *chip);
void tpm_chip_unregister(struct tpm_chip *chip);

/* Set at load; the page is guarded by the TPM core, which sends one command at a time. */
static struct platform_device *device;
static struct tpm_chip *chip;
static void *page;

static enum call_outcome enter_once(unsigned int *error)
{
	enum call_outcome outcome;
	unsigned long flags;

	local_irq_save(flags);
	outcome = call_tpm(phys_to_virt(call_area()), virt_to_phys(page), error);
	local_irq_restore(flags);
	return outcome;
}

static enum call_outcome enter(unsigned int *error)
{
	unsigned long end = jiffies + COMMAND_SECONDS * HZ;
	enum call_outcome outcome;

	migrate_disable();
	for (;;) {
		outcome = enter_once(error);
		if (outcome == CALL_BUSY) {
			usleep_range(BUSY_USEC, 2 * BUSY_USEC);
		} else if (outcome == CALL_UNFINISHED) {
			cond_resched();
		} else {
			break;
		}
		if (time_after(jiffies, end)) {
			break;
		}
	}
	migrate_enable();
	return outcome;
}

static int send(struct tpm_chip *to, u8 *command, size_t bytes)
{
	enum call_outcome outcome;
	unsigned int error = 0;

	if (call_pack(page, command, bytes) != 0) {
		return -E2BIG;
	}
	outcome = enter(&error);
	if (outcome == CALL_DONE) {
		return 0;
	}
	dev_err_ratelimited(&to->dev, "the SVSM answered %#x\n", error);
	return outcome == CALL_FAILED ? -EIO : -ETIME;
}

/* Newer kernels also say how large the buffer is, which here is nobody's. */
static int send_sized(struct tpm_chip *to, u8 *command, size_t capacity, size_t bytes)
{
	return send(to, command, bytes);
}

static int recv(struct tpm_chip *from, u8 *response, size_t capacity)
{
	long bytes = call_unpack(page, response, capacity);

	return bytes < 0 ? -EIO : (int)bytes;
}

static void cancel(struct tpm_chip *of)
{
}

/* With the masks below: what was sent is done. */
static u8 status(struct tpm_chip *of)
{
	return 0;
}

static bool req_canceled(struct tpm_chip *of, u8 value)
{
	return false;
}

#define IS_SEND(function)                                                                          \
	__builtin_types_compatible_p(typeof(((struct tpm_class_ops *)0)->send), typeof(&(function)))

static const struct tpm_class_ops ops = {
	.flags = TPM_OPS_AUTO_STARTUP,
	.send = __builtin_choose_expr(IS_SEND(send_sized), send_sized, send),
	.recv = recv,
	.cancel = cancel,
	.status = status,
	.req_canceled = req_canceled,
	.req_complete_mask = 0,
	.req_complete_val = 0,
};

static int find_tpm(void)
{
	enum call_outcome outcome;
	unsigned long flags;
	bool is_there = false;

	if (!cc_platform_has(CC_ATTR_GUEST_SEV_SNP)) {
		pr_info("this is no SEV-SNP guest\n");
		return -ENODEV;
	}
	local_irq_save(flags);
	outcome = call_find_tpm(phys_to_virt(call_area()), &is_there);
	local_irq_restore(flags);
	if (outcome == CALL_FAILED) {
		pr_err("the SVSM cannot be called\n");
		return -EIO;
	}
	if (!is_there) {
		pr_info("the SVSM serves no TPM\n");
		return -ENODEV;
	}
	return 0;
}

static int register_chip(void)
{
	int err;

	chip = tpm_chip_alloc(&device->dev, &ops);
	if (IS_ERR(chip)) {
		return PTR_ERR(chip);
	}
	chip->flags |= TPM_CHIP_FLAG_TPM2;
	err = tpm_chip_register(chip);
	if (err != 0) {
		put_device(&chip->dev);
	}
	return err;
}

static int __init keel_tpm_init(void)
{
	int err = find_tpm();

	if (err != 0) {
		return err;
	}
	page = (void *)__get_free_page(GFP_KERNEL);
	if (page == NULL) {
		return -ENOMEM;
	}
	device = platform_device_register_simple("keel-tpm", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device)) {
		err = PTR_ERR(device);
		goto free_page;
	}
	err = register_chip();
	if (err != 0) {
		goto unregister_device;
	}
	pr_info("the SVSM's TPM is tpm%d\n", chip->dev_num);
	return 0;

unregister_device:
	platform_device_unregister(device);
free_page:
	free_page((unsigned long)page);
	return err;
}

static void __exit keel_tpm_exit(void)
{
	tpm_chip_unregister(chip);
	put_device(&chip->dev);
	platform_device_unregister(device);
	free_page((unsigned long)page);
}

module_init(keel_tpm_init);
module_exit(keel_tpm_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("The TPM that an SVSM serves");
