/*
 * The back end for a Linux process: unit tests and fuzzers. There is one fake guest memory and one
 * message buffer; copies work on them, and every other system call goes to a function that the test
 * supplies. What the kernel would refuse in a copy (a page crossed, memory that is not there,
 * offsets out of the buffer) is refused here too.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "msg/msg.h"
#include "rt/sys.h"

/* One system call as the service made it. */
struct posix_syscall {
	enum sys number;
	uint64_t a;
	uint64_t b;
	uint64_t c;
};

struct posix_world {
	uint64_t guest_base;
	uint64_t guest_bytes;
	uint8_t *guest; /* guest_bytes of it */
	uint64_t read_only_gpa; /* a page of it that takes no copies, or 0 */
	struct msg_buffer *buffer; /* page aligned is not needed */
	/* Answers what is not a copy; NULL answers ERR_DENIED. `context` is the test's. */
	struct rt_answer (*answer)(void *context, const struct posix_syscall *call);
	void *context;
	size_t syscall_count; /* of this call */
};

/* Runs service_init(). */
enum err posix_init(struct posix_world *world);

/* Serves the request in world->buffer, as the kernel would hand it over; the reply is in there
 * after. */
void posix_serve(struct posix_world *world);
