/*
 * From the kernel's entry point into a program of musl: its start routine wants what a Linux kernel
 * leaves on the stack, arguments, environment and auxiliary vector. There is none of the program
 * headers in it, for the one thing that musl would look for in them is thread-local storage, and
 * the builder refuses an image that has some.
 */
#include <elf.h>
#include <stdint.h>

#include "base/mem.h"
#include "msg/msg.h"
#include "rt/rt.h"
#include "rt/service.h"
#include "rt/sys.h"

#define CANARY_BYTES 16

/* musl's, declared in none of its headers. The last three are of no use to it. */
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*ldso)(void));

NORETURN void start_musl(struct msg_buffer *buffer, uint64_t first);

/* What `serve` gets; a service that is not re-entrant has one of each. */
static struct msg_buffer *start_buffer;
static uint64_t start_first;

static int serve(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	(void)envp;
	rt_main(start_buffer, start_first);
}

NORETURN void start_musl(struct msg_buffer *buffer, uint64_t first)
{
	static char name[] = "service";
	static uint8_t canary[CANARY_BYTES];
	/* argv and its end, the environment's end, the auxiliary vector. */
	uintptr_t block[] = {
		(uintptr_t)name, 0, 0, AT_PAGESZ, 4096, AT_RANDOM, (uintptr_t)canary, AT_NULL, 0,
	};

	start_buffer = buffer;
	start_first = first;
	/* Without randomness the stack's canary is known; whoever needs more than that asks for
	 * randomness itself, and sees it missing. */
	if (sys_random(SERVICE_SCRATCH, sizeof(canary)) == ERR_OK) {
		memcpy(canary, buffer->scratch, sizeof(canary));
		mem_wipe(buffer->scratch, sizeof(canary));
	}
	(void)__libc_start_main(serve, 1, (char **)block, NULL, NULL, NULL);
	sys_exit();
}
