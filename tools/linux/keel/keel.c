/*
 * Keel's message protocol as a character device (device.h): a write makes a call, reads give the
 * reply. Each open file has a call and a reply of its own; threads that share one take turns.
 *
 * A call may take the SVSM longer than a guest should wait with interrupts off, so each entry is
 * bounded by the SVSM, and between two of them the thread can be scheduled away. It stays on its
 * CPU, where the SVSM keeps the work, and nobody else makes a call there meanwhile: the SVSM would
 * take another call for the first one's, and throw its reply away. That is also why no signal ends
 * a call. One that is never answered is given up, and so is its memory, which the SVSM still knows.
 *
 * Lock order: a file's, then a CPU's.
 */
#define pr_fmt(fmt) "keel: " fmt

#include <linux/cc_platform.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/io.h>

#include "call.h"
#include "device.h"

/* No call takes so long; a service that does is given up. */
#define CALL_SECONDS 300
#define BUSY_USEC    200

/* Memory that the SVSM reads and writes: private, as all of Linux's own. */
struct exchange {
	struct call_room room;
	u8 request[KEEL_DEVICE_BYTES_MAX];
	/* What is read from the device; the SVSM fills in what is behind the head. */
	struct keel_device_reply head;
	u8 reply[KEEL_DEVICE_BYTES_MAX];
};

/* An open file. */
struct session {
	struct mutex lock;
	struct exchange *exchange;
	size_t unread; /* of head and reply */
	size_t at;
};

/* One for each CPU that can be, held while a call is made on it. */
static DEFINE_PER_CPU(struct mutex, cpu_lock);

static enum call_outcome enter_once(struct exchange *exchange, unsigned int *bytes,
				    unsigned int *result)
{
	enum call_outcome outcome;
	unsigned long flags;

	local_irq_save(flags);
	outcome = call_enter(phys_to_virt(call_area()), &exchange->room,
			     virt_to_phys(&exchange->room), bytes, result);
	local_irq_restore(flags);
	return outcome;
}

static enum call_outcome enter(struct exchange *exchange, unsigned int *bytes, unsigned int *result)
{
	unsigned long end = jiffies + CALL_SECONDS * HZ;
	enum call_outcome outcome;
	struct mutex *lock;

	migrate_disable();
	lock = this_cpu_ptr(&cpu_lock);
	mutex_lock(lock);
	for (;;) {
		outcome = enter_once(exchange, bytes, result);
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
	mutex_unlock(lock);
	migrate_enable();
	return outcome;
}

/* Makes the call that lies in the session's memory. */
static int call(struct session *session, const struct keel_device_request *head, size_t bytes)
{
	struct exchange *exchange = session->exchange;
	const struct call_message message = {
		.name = head->name,
		.version = head->version,
		.call = head->call,
		.request_gpa = virt_to_phys(exchange->request),
		.request_bytes = bytes,
		.reply_gpa = virt_to_phys(exchange->reply),
		.reply_bytes = sizeof(exchange->reply),
	};
	enum call_outcome outcome;

	call_fill(&exchange->room, &message);
	exchange->head = (struct keel_device_reply){0};
	outcome = enter(exchange, &exchange->head.bytes, &exchange->head.result);
	if (outcome == CALL_ANSWERED) {
		/* Too little room there never is, so bytes come with success alone. */
		if (exchange->head.result != 0) {
			exchange->head.bytes = 0;
		}
		session->unread = sizeof(exchange->head) + exchange->head.bytes;
		return 0;
	}
	/* The SVSM may still be at work: another request there would pass for this one. */
	session->exchange = NULL;
	if (outcome == CALL_FAILED) {
		return -EIO;
	}
	pr_err_ratelimited("service %.16s has not answered in %d seconds\n", head->name,
			   CALL_SECONDS);
	return -ETIMEDOUT;
}

static ssize_t keel_write(struct file *file, const char __user *from, size_t bytes, loff_t *offset)
{
	struct session *session = file->private_data;
	struct keel_device_request head;
	int err;

	if (bytes < sizeof(head)) {
		return -EINVAL;
	}
	if (bytes > sizeof(head) + KEEL_DEVICE_BYTES_MAX) {
		return -EMSGSIZE;
	}
	if (mutex_lock_interruptible(&session->lock) != 0) {
		return -ERESTARTSYS;
	}
	session->unread = 0;
	session->at = 0;
	if (session->exchange == NULL) {
		err = -EIO;
	} else if (copy_from_user(&head, from, sizeof(head)) != 0 ||
		   copy_from_user(session->exchange->request, from + sizeof(head),
				  bytes - sizeof(head)) != 0) {
		err = -EFAULT;
	} else {
		err = call(session, &head, bytes - sizeof(head));
	}
	mutex_unlock(&session->lock);
	return err != 0 ? err : (ssize_t)bytes;
}

static ssize_t keel_read(struct file *file, char __user *to, size_t bytes, loff_t *offset)
{
	struct session *session = file->private_data;
	ssize_t taken = 0;

	if (mutex_lock_interruptible(&session->lock) != 0) {
		return -ERESTARTSYS;
	}
	if (session->unread > 0) {
		const u8 *from = (const u8 *)&session->exchange->head + session->at;

		taken = min(bytes, session->unread);
		if (copy_to_user(to, from, taken) != 0) {
			taken = -EFAULT;
		} else {
			session->at += taken;
			session->unread -= taken;
		}
	}
	mutex_unlock(&session->lock);
	return taken;
}

static int keel_open(struct inode *inode, struct file *file)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (session == NULL) {
		return -ENOMEM;
	}
	session->exchange = kzalloc(sizeof(*session->exchange), GFP_KERNEL);
	if (session->exchange == NULL) {
		kfree(session);
		return -ENOMEM;
	}
	mutex_init(&session->lock);
	file->private_data = session;
	return stream_open(inode, file);
}

/* Messages may hold secrets. */
static int keel_release(struct inode *inode, struct file *file)
{
	struct session *session = file->private_data;

	kfree_sensitive(session->exchange);
	kfree(session);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = keel_open,
	.release = keel_release,
	.read = keel_read,
	.write = keel_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "keel",
	.fops = &operations,
	.mode = 0600,
};

static bool is_offered(void)
{
	unsigned long flags;
	bool is_there;

	local_irq_save(flags);
	is_there = call_is_offered(phys_to_virt(call_area()));
	local_irq_restore(flags);
	return is_there;
}

static int __init keel_init(void)
{
	int cpu;

	if (!cc_platform_has(CC_ATTR_GUEST_SEV_SNP)) {
		pr_err("this is no SEV-SNP guest\n");
		return -ENODEV;
	}
	if (!is_offered()) {
		pr_err("the SVSM does not speak Keel's message protocol\n");
		return -ENODEV;
	}
	for_each_possible_cpu(cpu)
	{
		mutex_init(per_cpu_ptr(&cpu_lock, cpu));
	}
	return misc_register(&device);
}

static void __exit keel_exit(void)
{
	misc_deregister(&device);
}

module_init(keel_init);
module_exit(keel_exit);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Services of Keel, called by name");
