/*
 * The image's segments, stack, heap and message buffer are mapped shared where its linker script
 * and the kernel have them, before the process is made that runs it.
 */
#include "image_run.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/err.h"
#include "image_calls.h"
#include "msg/sys.h"
#include "svsm/protocol.h"

#define STACK_BYTES (32 * PAGE_SIZE) /* kernel/ipc/service_table.c */
#define STACK_END   (SERVICE_STACK_VA + STACK_BYTES)

union image_guest image_guest;

static void need(bool is_true, const char *what)
{
	if (!is_true) {
		perror(what);
		exit(1);
	}
}

static void *map(uint64_t at, uint64_t bytes)
{
	void *mapped = mmap((void *)(uintptr_t)at, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	need(mapped == (void *)(uintptr_t)at, "mmap");
	return mapped;
}

/* The file, whole; read once. */
static const uint8_t *file(void)
{
	static const uint8_t *bytes;
	struct stat status;
	int fd;

	if (bytes == NULL) {
		fd = open(VTPM_ELF, O_RDONLY);
		need(fd >= 0 && fstat(fd, &status) == 0, VTPM_ELF);
		bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		need(bytes != MAP_FAILED, "mmap");
		close(fd);
	}
	return bytes;
}

static const Elf64_Ehdr *header(void)
{
	return (const void *)file();
}

static const Elf64_Phdr *segment(unsigned int i)
{
	return (const Elf64_Phdr *)(const void *)(file() + header()->e_phoff) + i;
}

static void load(void)
{
	for (unsigned int i = 0; i < header()->e_phnum; i++) {
		const Elf64_Phdr *s = segment(i);

		if (s->p_type == PT_LOAD) {
			memcpy(map(s->p_vaddr, align_up(s->p_memsz, PAGE_SIZE)),
			       file() + s->p_offset, s->p_filesz);
		}
	}
}

/* In the new process: it is stopped here, and goes on at the image's entry. */
static void become_image(void)
{
	for (unsigned int i = 0; i < header()->e_phnum; i++) {
		const Elf64_Phdr *s = segment(i);
		int protection = (s->p_flags & PF_R ? PROT_READ : 0) |
				 (s->p_flags & PF_W ? PROT_WRITE : 0) |
				 (s->p_flags & PF_X ? PROT_EXEC : 0);

		if (s->p_type == PT_LOAD) {
			(void)mprotect((void *)(uintptr_t)s->p_vaddr,
				       align_up(s->p_memsz, PAGE_SIZE), protection);
		}
	}
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	(void)raise(SIGSTOP);
	_exit(1);
}

/* Registers of the stopped process, by the numbers of sys/reg.h. */
static uint64_t get(const struct image *image, uintptr_t reg)
{
	return (uint64_t)ptrace(PTRACE_PEEKUSER, image->pid, (void *)(reg * sizeof(reg)), NULL);
}

static void set(const struct image *image, uintptr_t reg, uint64_t value)
{
	need(ptrace(PTRACE_POKEUSER, image->pid, (void *)(reg * sizeof(reg)),
		    (void *)(uintptr_t)value) == 0,
	     "ptrace");
}

static void enter(const struct image *image)
{
	int status;

	need(waitpid(image->pid, &status, 0) == image->pid && WIFSTOPPED(status), "waitpid");
	need(ptrace(PTRACE_SETOPTIONS, image->pid, NULL,
		    (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) == 0,
	     "ptrace");
	set(image, ORIG_RAX, UINT64_MAX); /* no call to go on with */
	set(image, RIP, header()->e_entry);
	set(image, RSP, STACK_END);
	set(image, RDI, SERVICE_MSG_VA);
	set(image, RSI, 1);
}

/* The system call that it stopped at. False: that ended it. */
static bool serve(struct image *image, bool *is_waiting)
{
	struct image_syscall call = {
		.number = get(image, ORIG_RAX),
		.args = {get(image, RDI), get(image, RSI), get(image, RDX)},
		.fs_base = get(image, FS_BASE),
	};

	if (!image_calls_serve(image, &call)) {
		return false;
	}
	set(image, RAX, (uint64_t)call.answer);
	set(image, RDX, call.number < SYS_BASE ? call.args[2] : 0);
	set(image, FS_BASE, call.fs_base);
	*is_waiting = call.number == SYS_REPLY_WAIT && call.answer == ERR_OK;
	return true;
}

/* Until it waits for a request, or dies: by a signal as well. */
static void go(struct image *image)
{
	bool is_waiting = false;
	int status;

	image_calls_enter(image);
	while (!is_waiting) {
		need(ptrace(PTRACE_SYSEMU, image->pid, NULL, NULL) == 0, "ptrace");
		need(waitpid(image->pid, &status, 0) == image->pid, "waitpid");
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80) ||
		    !serve(image, &is_waiting)) {
			image_end(image);
			return;
		}
	}
}

void image_start(struct image *image)
{
	load();
	(void)map(SERVICE_STACK_VA, STACK_BYTES);
	(void)map(SERVICE_HEAP_VA, IMAGE_HEAP_PAGES * PAGE_SIZE);
	image->buffer = map(SERVICE_MSG_VA, sizeof(struct msg_buffer));
	image_calls_reset();
	fflush(NULL);
	image->pid = fork();
	if (image->pid == 0) {
		become_image();
	}
	need(image->pid > 0, "fork");
	enter(image);
	go(image);
}

uint32_t image_call(struct image *image, uint32_t call, uint64_t rcx, uint32_t flags)
{
	if (image->pid == 0) {
		return SVSM_ERR_KEEL_SERVICE_DIED;
	}
	image->buffer->request = (struct msg_header){.version = MSG_VERSION,
						     .flags = flags,
						     .protocol = SVSM_PROTOCOL_VTPM,
						     .call = call,
						     .vmpl = 2,
						     .rcx = rcx};
	go(image);
	return image->pid == 0 ? SVSM_ERR_KEEL_SERVICE_DIED : image->buffer->reply.result;
}

uint64_t image_stack_bytes(void)
{
	const uint8_t *lowest = (const uint8_t *)(uintptr_t)SERVICE_STACK_VA;
	uint64_t free = 0;

	while (free < STACK_BYTES && lowest[free] == 0) {
		free++;
	}
	return STACK_BYTES - free;
}

void image_end(struct image *image)
{
	if (image->pid != 0) {
		(void)kill(image->pid, SIGKILL);
		(void)waitpid(image->pid, NULL, __WALL);
		image->pid = 0;
	}
}
