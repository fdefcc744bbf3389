/*
 * Numbers, structures and errors are those of Linux on x86-64. Unlike Keel's own calls these carry
 * pointers: each byte that is read or written is looked up in the service's tables, page by page.
 */
#include "linux.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/overflow.h"
#include "msg/image.h"

#define LINUX_EFAULT (-14)
#define LINUX_EINVAL (-22)
#define LINUX_ENOSYS (-38)
#define LINUX_ENOMEM (-12)
#define LINUX_EBADF  (-9)
#define LINUX_EIO    (-5)
#define LINUX_EACCES (-13)

#define LINUX_PROT_EXEC	    4
#define LINUX_MAP_PRIVATE   2
#define LINUX_MAP_ANONYMOUS 0x20
#define LINUX_MAP_KINDS	    0x1F /* fixed, shared, private */
#define LINUX_SET_FS	    0x1002
#define LINUX_IOV_MAX	    16
#define LINUX_THREAD	    1 /* there is one */

/* What a clock that nobody set counts: ticks, taken for nanoseconds thirds. */
#define TICKS_PER_US 3000

enum linux_number {
	LINUX_WRITE = 1,
	LINUX_MMAP = 9,
	LINUX_MUNMAP = 11,
	LINUX_BRK = 12,
	LINUX_WRITEV = 20,
	LINUX_EXIT = 60,
	LINUX_ARCH_PRCTL = 158,
	LINUX_SET_TID_ADDRESS = 218,
	LINUX_CLOCK_GETTIME = 228,
	LINUX_EXIT_GROUP = 231,
	LINUX_GETRANDOM = 318,
};

struct linux_iovec {
	uint64_t base;
	uint64_t bytes;
};

struct linux_timespec {
	int64_t seconds;
	int64_t nanoseconds;
};

/* Copies between the kernel and the service's memory; false: some of it is not the service's. */
static bool copy(struct sys_call *call, uint64_t at, void *mine, size_t bytes, uint32_t flags)
{
	uint8_t *m = mine;

	while (bytes > 0) {
		size_t room = PAGE_SIZE - at % PAGE_SIZE;
		size_t part = bytes < room ? bytes : room;
		void *theirs = arch_space_at(&call->loaded->space, uva(at), flags);

		if (theirs == NULL) {
			return false;
		}
		memcpy((flags & IMAGE_WRITE) != 0 ? theirs : m,
		       (flags & IMAGE_WRITE) != 0 ? m : theirs, part);
		at += part;
		m += part;
		bytes -= part;
	}
	return true;
}

static int64_t linux_log(struct sys_call *call, uint64_t fd, uint64_t at, uint64_t bytes)
{
	char text[SYS_LOG_BYTES_MAX + 1];
	size_t part = bytes < SYS_LOG_BYTES_MAX ? bytes : SYS_LOG_BYTES_MAX;

	if (fd != 1 && fd != 2) {
		return LINUX_EBADF;
	}
	if (!copy(call, at, text, part, IMAGE_READ)) {
		return LINUX_EFAULT;
	}
	sys_log_text(call, text, part);
	return (int64_t)part;
}

static int64_t linux_write(struct sys_call *call)
{
	return linux_log(call, call->args[0], call->args[1], call->args[2]);
}

static int64_t linux_writev(struct sys_call *call)
{
	struct linux_iovec vec;
	int64_t total = 0;

	for (uint64_t i = 0; i < call->args[2] && i < LINUX_IOV_MAX; i++) {
		int64_t part;

		if (!copy(call, call->args[1] + i * sizeof(vec), &vec, sizeof(vec), IMAGE_READ)) {
			return LINUX_EFAULT;
		}
		part = vec.bytes > 0 ? linux_log(call, call->args[0], vec.base, vec.bytes) : 0;
		if (part < 0) {
			return part;
		}
		total += part;
	}
	return total;
}

static int64_t linux_mmap(struct sys_call *call)
{
	uint64_t bytes = call->args[1];
	uva_t at;

	if ((call->args[2] & LINUX_PROT_EXEC) != 0) {
		return LINUX_EACCES;
	}
	if ((call->args[3] & LINUX_MAP_ANONYMOUS) == 0 ||
	    (call->args[3] & LINUX_MAP_KINDS) != LINUX_MAP_PRIVATE || bytes == 0 ||
	    bytes > (uint64_t)HEAP_PAGES_MAX * PAGE_SIZE) {
		return LINUX_EINVAL;
	}
	if (heap_take(&call->loaded->heap, &call->loaded->space,
		      align_up(bytes, PAGE_SIZE) / PAGE_SIZE, &at) != ERR_OK) {
		return LINUX_ENOMEM;
	}
	return (int64_t)at.value;
}

static int64_t linux_munmap(struct sys_call *call)
{
	uint64_t bytes = call->args[1];

	if (bytes > (uint64_t)HEAP_PAGES_MAX * PAGE_SIZE ||
	    heap_give(&call->loaded->heap, &call->loaded->space, uva(call->args[0]),
		      align_up(bytes, PAGE_SIZE) / PAGE_SIZE) != ERR_OK) {
		return LINUX_EINVAL;
	}
	return 0;
}

/* There is no break: a C library then takes all its memory by mmap. */
static int64_t linux_brk(struct sys_call *call)
{
	(void)call;
	return 0;
}

static int64_t linux_arch_prctl(struct sys_call *call)
{
	if (call->args[0] != LINUX_SET_FS || call->args[1] >= BIT(47)) {
		return LINUX_EINVAL;
	}
	call->ctx->fs_base = call->args[1];
	return 0;
}

static int64_t linux_set_tid_address(struct sys_call *call)
{
	(void)call;
	return LINUX_THREAD;
}

static int64_t linux_clock_gettime(struct sys_call *call)
{
	uint64_t us = arch_ticks() / TICKS_PER_US;
	const struct linux_timespec now = {
		.seconds = (int64_t)(us / 1000000),
		.nanoseconds = (int64_t)(us % 1000000 * 1000),
	};

	return copy(call, call->args[1], (void *)(uintptr_t)&now, sizeof(now), IMAGE_WRITE)
		       ? 0
		       : LINUX_EFAULT;
}

static int64_t linux_getrandom(struct sys_call *call)
{
	uint8_t bytes[SYS_RANDOM_BYTES_MAX];
	size_t part = call->args[1] < sizeof(bytes) ? call->args[1] : sizeof(bytes);
	bool is_copied;

	if ((call->entry->rights & SYS_RIGHT_RANDOM) == 0 || arch_random(bytes, part) != ERR_OK) {
		return LINUX_EIO;
	}
	is_copied = copy(call, call->args[0], bytes, part, IMAGE_WRITE);
	mem_wipe(bytes, sizeof(bytes));
	return is_copied ? (int64_t)part : LINUX_EFAULT;
}

static const struct {
	uint64_t number;
	int64_t (*serve)(struct sys_call *call);
} table[] = {
	{LINUX_WRITE, linux_write},
	{LINUX_MMAP, linux_mmap},
	{LINUX_MUNMAP, linux_munmap},
	{LINUX_BRK, linux_brk},
	{LINUX_WRITEV, linux_writev},
	{LINUX_ARCH_PRCTL, linux_arch_prctl},
	{LINUX_SET_TID_ADDRESS, linux_set_tid_address},
	{LINUX_CLOCK_GETTIME, linux_clock_gettime},
	{LINUX_GETRANDOM, linux_getrandom},
};

static int64_t refuse(const struct sys_call *call, uint64_t number)
{
	static _Atomic uint64_t logged[SYS_BASE / 64];
	const uint64_t bit = BIT(number % 64);

	if ((atomic_fetch_or(&logged[number / 64], bit) & bit) == 0) {
		sys_notice(call, "service %s: Linux's system call %lu is not served",
			   call->entry->name, number);
	}
	return LINUX_ENOSYS;
}

static int64_t serve(struct sys_call *call, uint64_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].number == number) {
			return table[i].serve(call);
		}
	}
	return refuse(call, number);
}

void linux_dispatch(struct sys_call *call, struct user_ctx *ctx)
{
	call->args[0] = ctx->rdi;
	call->args[1] = ctx->rsi;
	call->args[2] = ctx->rdx;
	call->args[3] = ctx->r10;
	call->ctx = ctx;
	ctx->rax = (uint64_t)serve(call, ctx->rax);
}

bool linux_wants_exit(const struct sys_call *call, const struct user_ctx *ctx)
{
	return (ctx->rax == LINUX_EXIT || ctx->rax == LINUX_EXIT_GROUP) &&
	       (call->entry->rights & SYS_RIGHT_LINUX) != 0;
}
