/* As kernel/sys/ does it, for a service that lies in this process' own memory. */
#include "image_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/overflow.h"
#include "msg/sys.h"

/* One that goes on asking in vain is ended: the kernel does that when it cannot yield, a guest has
 * no answer while it can (libtpms tries keys again for minutes without memory). */
#define FAILURES_MAX 1000

static bool heap_used[IMAGE_HEAP_PAGES];

/* What a failing call answers: the kernel's errors, and where it has none (brk, set_tid_address)
 * Linux' own. */
static const struct {
	uint64_t number;
	int64_t answer;
} failures[] = {
	{SYS_write, -EFAULT},
	{SYS_writev, -EFAULT},
	{SYS_mmap, -ENOMEM},
	{SYS_munmap, -EINVAL},
	{SYS_brk, -ENOMEM},
	{SYS_arch_prctl, -EINVAL},
	{SYS_clock_gettime, -EFAULT},
	{SYS_getrandom, -EIO},
	{SYS_RANDOM, ERR_FAULT},
	{SYS_LAUNCH_SECRET, ERR_REQUEST},
	{SYS_COPY_FROM_GUEST, ERR_ADDRESS},
	{SYS_COPY_TO_GUEST, ERR_ADDRESS},
	{SYS_YIELD, ERR_DENIED},
	{SYS_REPLY_WAIT, ERR_INVALID},
};

void image_calls_reset(void)
{
	memset(heap_used, 0, sizeof(heap_used));
}

void image_calls_enter(const struct image *image)
{
	image->buffer->deadline =
		image->budget == 0 ? UINT64_MAX : __builtin_ia32_rdtsc() + image->budget;
}

static void *heap_page(uint64_t page)
{
	return (void *)(uintptr_t)(SERVICE_HEAP_VA + page * PAGE_SIZE);
}

static int64_t take(struct image *image, uint64_t bytes)
{
	uint64_t pages = align_up(bytes, PAGE_SIZE) / PAGE_SIZE;
	uint64_t run = 0;

	for (uint64_t page = 0; page < IMAGE_HEAP_PAGES; page++) {
		run = heap_used[page] ? 0 : run + 1;
		if (run == pages) {
			memset(&heap_used[page + 1 - run], true, run);
			image->heap_pages += (uint32_t)run;
			if (image->heap_pages > image->heap_most) {
				image->heap_most = image->heap_pages;
			}
			return (int64_t)(uintptr_t)heap_page(page + 1 - run);
		}
	}
	return -ENOMEM;
}

static int64_t give(struct image *image, uint64_t at, uint64_t bytes)
{
	uint64_t first = (at - SERVICE_HEAP_VA) / PAGE_SIZE;
	uint64_t pages = align_up(bytes, PAGE_SIZE) / PAGE_SIZE;

	if (first >= IMAGE_HEAP_PAGES || pages > IMAGE_HEAP_PAGES - first) {
		return -EINVAL;
	}
	memset(&heap_used[first], false, pages);
	memset(heap_page(first), 0, pages * PAGE_SIZE);
	image->heap_pages -= (uint32_t)pages;
	return 0;
}

static int64_t serve_linux(struct image *image, struct image_syscall *call)
{
	switch (call->number) {
	case SYS_mmap:
		return take(image, call->args[1]);
	case SYS_munmap:
		return give(image, call->args[0], call->args[1]);
	case SYS_arch_prctl:
		call->fs_base = call->args[1];
		return 0;
	case SYS_set_tid_address:
		return 1;
	case SYS_brk:
		return 0;
	case SYS_clock_gettime:
		memset((void *)(uintptr_t)call->args[1], 0, 2 * sizeof(uint64_t));
		return 0;
	case SYS_write:
		return (int64_t)call->args[2];
	default:
		return -ENOSYS;
	}
}

static uint8_t *in_buffer(const struct image *image, uint64_t offset, uint64_t bytes)
{
	return range_within(offset, bytes, 0, sizeof(*image->buffer))
		       ? (uint8_t *)image->buffer + offset
		       : NULL;
}

static enum err copy(const struct image *image, const struct image_syscall *call)
{
	uint8_t *mine = in_buffer(image, call->args[1], call->args[2]);

	if (mine == NULL || call->args[0] != IMAGE_GUEST_GPA ||
	    call->args[2] > sizeof(image_guest)) {
		return ERR_ADDRESS;
	}
	if (call->number == SYS_COPY_TO_GUEST) {
		memcpy(image_guest.bytes, mine, call->args[2]);
	} else {
		memcpy(mine, image_guest.bytes, call->args[2]);
	}
	return ERR_OK;
}

static enum err random(struct image *image, uint64_t offset, uint64_t bytes)
{
	uint8_t *to = in_buffer(image, offset, bytes);

	if (to == NULL || bytes > SYS_RANDOM_BYTES_MAX ||
	    getrandom(to, bytes, 0) != (ssize_t)bytes) {
		return ERR_INVALID;
	}
	image->random_bytes += bytes;
	return ERR_OK;
}

static enum err serve_keel(struct image *image, const struct image_syscall *call)
{
	switch (call->number) {
	case SYS_COPY_FROM_GUEST:
	case SYS_COPY_TO_GUEST:
		return copy(image, call);
	case SYS_RANDOM:
		return random(image, call->args[0], call->args[1]);
	case SYS_LAUNCH_SECRET:
		memset(in_buffer(image, call->args[0], 32), 0x5E, 32);
		return ERR_OK;
	case SYS_YIELD:
		image_calls_enter(image);
		return ERR_OK;
	case SYS_REPLY_WAIT:
		return ERR_OK;
	default:
		return ERR_UNSUPPORTED;
	}
}

static int64_t failure_of(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		if (failures[i].number == number) {
			return failures[i].answer;
		}
	}
	return -ENOSYS;
}

/* Whether this use of a call is the one, or one of those, that fail. */
static bool fails(struct image *image, uint64_t number)
{
	if (number != image->fails) {
		return false;
	}
	image->uses++;
	if (image->uses == image->fails_at || (image->fails_on && image->uses > image->fails_at)) {
		image->failures++;
		return true;
	}
	return false;
}

bool image_calls_serve(struct image *image, struct image_syscall *call)
{
	if (image->seen != NULL) {
		image->seen(call->number);
	}
	if (call->number == SYS_exit || call->number == SYS_exit_group ||
	    call->number == SYS_EXIT) {
		return false;
	}
	if (fails(image, call->number)) {
		call->answer = failure_of(call->number);
		return image->failures < FAILURES_MAX;
	}
	if (call->number < SYS_BASE) {
		call->answer = serve_linux(image, call);
	} else {
		call->answer = serve_keel(image, call);
	}
	return true;
}
