/*
 * The memory of a service: from its image in the measured region to an address space. Text and
 * constants are mapped from the image itself; writable data are copies, made anew at each restart.
 */
#pragma once

#include <stdbool.h>

#include "arch/space.h"
#include "base/err.h"
#include "ipc/heap.h"
#include "ipc/service_table.h"
#include "log.h"
#include "msg/image.h"
#include "msg/msg.h"

struct loaded {
	const struct image_service *image;
	const struct service_entry *entry;
	struct space space;
	struct heap heap;
	void *data[IMAGE_SERVICE_SEGMENTS]; /* the kernel's view of each writable segment, or NULL
					     */
	/* That it made its system calls and its ends cause: log_counted(). */
	unsigned int log_lines, end_lines;
};

/* How a service came to its end, and what then; no service can use up another one's lines. */
#define loader_notice(loaded, ...) log_counted(&(loaded)->end_lines, LOG_NOTICE, __VA_ARGS__)

/* One CPU's part of it. */
struct loaded_cpu {
	struct msg_buffer *msg; /* the kernel's view */
	void *stack;
	void *fpu; /* where x87 and SSE state is kept, or NULL: it has none */
};

/* Checks the image's segments and maps them. ERR_FORMAT: the builder made nonsense. */
enum err loader_load(struct loaded *loaded, const struct image_service *image,
		     const struct service_entry *entry);

/* Puts the writable segments back to what the measured image says, and takes the heap back. */
void loader_reset(struct loaded *loaded);

/* Zeroes all that the service could write but its stacks and message buffers: it has ended. */
void loader_wipe(struct loaded *loaded);

/* Maps a stack and a message buffer for a CPU. */
enum err loader_add_cpu(struct loaded *loaded, struct loaded_cpu *cpu, unsigned int index);

/* Clean stack and message buffer, registers as at the entry point. */
void loader_reset_cpu(const struct loaded *loaded, const struct loaded_cpu *cpu, unsigned int index,
		      bool is_first, struct user_ctx *ctx);
