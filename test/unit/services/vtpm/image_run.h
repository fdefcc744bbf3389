/*
 * The vTPM's image as it ships, musl and all, in a traced Linux process: each of its system calls
 * stops it and is answered here as the kernel would, or fails when it is told to. There is one at a
 * time; its memory is shared at the addresses that it has under the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "msg/msg.h"
#include "svsm/vtpm.h"

#define IMAGE_GUEST_GPA	 UINT64_C(0x100000)
#define IMAGE_HEAP_PAGES 512 /* kernel/ipc/service_table.c */

struct image {
	pid_t pid; /* 0: it is dead, and stays so */
	struct msg_buffer *buffer;
	uint64_t budget; /* ticks until it should yield; 0: it has all time */
	/* Use number `fails_at` of system call `fails` fails, the first is 1; all after it as well
	 * if it stays so. */
	uint64_t fails;
	uint32_t fails_at;
	bool fails_on;
	uint32_t failures;
	uint32_t uses; /* of that system call */
	uint64_t random_bytes; /* that it was given */
	uint32_t heap_pages; /* in use now, and at most */
	uint32_t heap_most;
	/* Told of each system call, when set. */
	void (*seen)(uint64_t number);
};

/* The guest's one page. */
extern union image_guest {
	uint8_t bytes[4096];
	struct vtpm_request request;
	struct vtpm_response response;
} image_guest;

/* Starts the image, up to its first wait for a request. What may fail is set before. */
void image_start(struct image *image);

/* Serves a call of the vTPM's; yields its result, or that the service is dead. */
uint32_t image_call(struct image *image, uint32_t call, uint64_t rcx, uint32_t flags);

/* The most that was ever on its stack. */
uint64_t image_stack_bytes(void);

void image_end(struct image *image);
