/*
 * System calls of a service in a Linux process. One call at a time: the world is a static pointer,
 * set while posix_serve() runs.
 */
#include "rt/posix/posix.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/overflow.h"
#include "rt/rt.h"

static struct posix_world *posix_now;

static struct rt_answer refuse(enum err err)
{
	return (struct rt_answer){.err = err, .value = 0};
}

static bool guest_has(const struct posix_world *world, uint64_t gpa, uint64_t bytes)
{
	return align_down(gpa, PAGE_SIZE) == align_down(gpa + bytes - 1, PAGE_SIZE) &&
	       range_within(gpa, bytes, world->guest_base, world->guest_bytes);
}

static struct rt_answer copy(struct posix_world *world, const struct posix_syscall *call)
{
	uint64_t gpa = call->a;
	uint64_t bytes = call->c;
	uint8_t *mine = (uint8_t *)world->buffer;
	bool to_guest = call->number == SYS_COPY_TO_GUEST;

	if (!range_within(call->b, bytes, 0, sizeof(struct msg_buffer))) {
		return refuse(ERR_INVALID);
	}
	if (!guest_has(world, gpa, bytes)) {
		return refuse(ERR_ADDRESS);
	}
	if (to_guest && world->read_only_gpa != 0 &&
	    align_down(gpa, PAGE_SIZE) == world->read_only_gpa) {
		return refuse(ERR_ADDRESS);
	}
	if (to_guest) {
		memcpy(world->guest + (gpa - world->guest_base), mine + call->b, bytes);
	} else {
		memcpy(mine + call->b, world->guest + (gpa - world->guest_base), bytes);
	}
	return refuse(ERR_OK);
}

struct rt_answer rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct posix_syscall call = {.number = (enum sys)number, .a = a, .b = b, .c = c};

	if (posix_now == NULL) {
		abort();
	}
	posix_now->syscall_count++;
	if (number == SYS_COPY_FROM_GUEST || number == SYS_COPY_TO_GUEST) {
		return copy(posix_now, &call);
	}
	if (posix_now->answer == NULL) {
		return refuse(ERR_DENIED);
	}
	return posix_now->answer(posix_now->context, &call);
}

enum err posix_init(struct posix_world *world)
{
	enum err err;

	posix_now = world;
	world->syscall_count = 0;
	err = rt_init(world->buffer);
	posix_now = NULL;
	return err;
}

void posix_serve(struct posix_world *world)
{
	posix_now = world;
	world->syscall_count = 0;
	rt_serve(world->buffer);
	posix_now = NULL;
}
