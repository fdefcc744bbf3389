/*
 * Address spaces are a list of what the kernel mapped. A service is a C function on a stack of its
 * own (one per space and CPU): arch_user_run() switches to it, fake_sys() and its like back.
 */
#include "arch/space.h"

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "arch/cpu.h"
#include "base/overflow.h"
#include "fake/fake.h"
#include "msg/sys.h"
#include "snp/ghcb.h"
#include "x86/regs.h"

#define MAPS_MAX    4096u
#define STACK_BYTES 0x20000u
#define RIP_INSIDE  UINT64_C(0x00400123) /* RIP of a program that has started */

struct map {
	uint64_t space;
	uint64_t va;
	uint8_t *page;
	uint32_t flags;
};

struct fiber {
	ucontext_t self;
	ucontext_t kernel;
	struct user_ctx *ctx;
	void *own_fake_stack;
	const void *kernel_stack;
	size_t kernel_stack_bytes;
	fake_program *program;
	struct msg_buffer *msg;
	uint64_t first;
	uint64_t space;
	ALIGNED(16) uint8_t stack[STACK_BYTES];
};

fake_program *fake_programs[FAKE_SPACES];
struct fake_space fake_space;

static struct map maps[MAPS_MAX];
static unsigned int map_count;
static struct fiber fibers[FAKE_SPACES][FAKE_CPUS];
static _Thread_local struct fiber *current;

/* There when the program runs under AddressSanitizer, which wants to know of stacks. */
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t bytes)
	__attribute__((weak));
void __sanitizer_finish_switch_fiber(void *save, const void **bottom, size_t *bytes)
	__attribute__((weak));
void __asan_unpoison_memory_region(const volatile void *at, size_t bytes) __attribute__((weak));

static void switch_begins(void **save, const void *bottom, size_t bytes)
{
	if (__sanitizer_start_switch_fiber != NULL) {
		__sanitizer_start_switch_fiber(save, bottom, bytes);
	}
}

static void switch_ends(void *save, const void **bottom, size_t *bytes)
{
	if (__sanitizer_finish_switch_fiber != NULL) {
		__sanitizer_finish_switch_fiber(save, bottom, bytes);
	}
}

static bool fails(void)
{
	return ++fake_space.calls == fake_space.fails_at;
}

enum err arch_space_create(struct space *space)
{
	if (fails() || fake_space.count == FAKE_SPACES) {
		return ERR_NOMEM;
	}
	space->root = ++fake_space.count;
	return ERR_OK;
}

static struct map *find_map(uint64_t space, uint64_t va)
{
	for (unsigned int i = 0; i < map_count; i++) {
		if (maps[i].space == space && maps[i].va == align_down(va, PAGE_SIZE)) {
			return &maps[i];
		}
	}
	return NULL;
}

/* Only pages of the region, never writable and executable: anything else is the kernel's bug. */
static void check_map(const struct space *space, uva_t at, const void *page, uint32_t flags)
{
	const uint8_t *region = (const uint8_t *)fake_image();
	const uint32_t both = IMAGE_WRITE | IMAGE_EXEC;

	if (space->root == 0 || space->root > fake_space.count || (flags & both) == both ||
	    !is_aligned(at.value, PAGE_SIZE) ||
	    !range_within((uintptr_t)page, PAGE_SIZE, (uintptr_t)region, FAKE_REGION_BYTES)) {
		abort();
	}
}

enum err arch_space_map(struct space *space, uva_t at, const void *page, uint32_t flags)
{
	struct map *map = find_map(space->root, at.value);

	check_map(space, at, page, flags);
	if (fails() || (map == NULL && map_count == MAPS_MAX)) {
		return ERR_NOMEM;
	}
	map = map != NULL ? map : &maps[map_count++];
	*map = (struct map){ space->root, at.value, (uint8_t *)(uintptr_t)page, flags };
	return ERR_OK;
}

uint32_t fake_mapped(unsigned int n, uint64_t va, void **page)
{
	struct map *map = find_map(n + 1, va);

	if (map != NULL && page != NULL) {
		*page = map->page;
	}
	return map != NULL ? map->flags : 0;
}

static void *user_at(uint64_t space, uint64_t va, uint32_t flags)
{
	struct map *map = find_map(space, va);

	return map != NULL && (map->flags & flags) == flags ? map->page + va % PAGE_SIZE : NULL;
}

void *fake_user_at(uint64_t va, uint32_t flags)
{
	return user_at(current->space, va, flags);
}

/* Back to the kernel; returns when it runs this service again. */
static void leave(void)
{
	struct fiber *f = current;

	switch_begins(&f->own_fake_stack, f->kernel_stack, f->kernel_stack_bytes);
	(void)swapcontext(&f->self, &f->kernel);
	switch_ends(f->own_fake_stack, &f->kernel_stack, &f->kernel_stack_bytes);
}

struct fake_answer fake_sys(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct fiber *f = current;

	f->ctx->vector = USER_SYSCALL;
	f->ctx->rax = number;
	f->ctx->rdi = a;
	f->ctx->rsi = b;
	f->ctx->rdx = c;
	f->ctx->r10 = 0;
	leave();
	return (struct fake_answer){ f->ctx->rax, f->ctx->rdx };
}

int64_t fake_linux(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct fiber *f = current;

	f->ctx->vector = USER_SYSCALL;
	f->ctx->rax = number;
	f->ctx->rdi = a;
	f->ctx->rsi = b;
	f->ctx->rdx = c;
	f->ctx->r10 = d;
	leave();
	return (int64_t)f->ctx->rax;
}

uint64_t fake_fs_base(void)
{
	return current->ctx->fs_base;
}

uint64_t fake_trap(uint64_t vector, uint64_t error)
{
	current->ctx->vector = vector;
	current->ctx->error = error;
	leave();
	return current->ctx->rax;
}

void fake_raise(uint64_t vector, uint64_t error)
{
	for (;;) {
		(void)fake_trap(vector, error);
	}
}

static void enter_program(void)
{
	struct fiber *f = current;

	switch_ends(NULL, &f->kernel_stack, &f->kernel_stack_bytes);
	f->program(f->msg, f->first);
	fake_raise(VECTOR_PF, 0); /* it returned: there is nothing to return to */
}

/* In a program that ended somewhere: AddressSanitizer drops the frames it kept for it. */
static void leave_for_good(void)
{
	struct fiber *f = current;

	switch_ends(f->own_fake_stack, &f->kernel_stack, &f->kernel_stack_bytes);
	switch_begins(NULL, f->kernel_stack, f->kernel_stack_bytes);
	(void)swapcontext(&f->self, &f->kernel);
}

/* The fiber's next entry is into this function, on an empty stack. */
static void prepare(struct fiber *f, void (*function)(void))
{
	(void)getcontext(&f->self);
	f->self.uc_stack.ss_sp = f->stack;
	f->self.uc_stack.ss_size = sizeof(f->stack);
	f->self.uc_link = NULL;
	makecontext(&f->self, function, 0);
}

static void enter(struct fiber *f)
{
	struct fiber *outer = current; /* a program that plays another CPU calls the kernel */
	void *fake_stack = NULL;

	current = f;
	switch_begins(&fake_stack, f->stack, sizeof(f->stack));
	(void)swapcontext(&f->kernel, &f->self);
	switch_ends(fake_stack, NULL, NULL);
	current = outer;
}

/* A fresh context: entry point, stack and message buffer must be mapped as the ABI says. */
static bool start(struct fiber *f, const struct space *space, struct user_ctx *ctx)
{
	f->space = space->root;
	f->program = fake_programs[space->root - 1];
	f->msg = user_at(space->root, ctx->rdi, IMAGE_READ | IMAGE_WRITE);
	f->first = ctx->rsi;
	if (f->program == NULL || user_at(space->root, ctx->rip, IMAGE_EXEC) == NULL) {
		return false;
	}
	if (f->msg == NULL || user_at(space->root, ctx->rsp - 8, IMAGE_WRITE) == NULL ||
	    user_at(space->root, ctx->rsp, 0) != NULL) {
		abort();
	}
	if (__asan_unpoison_memory_region != NULL) {
		__asan_unpoison_memory_region(f->stack, sizeof(f->stack));
	}
	if (f->own_fake_stack != NULL) {
		prepare(f, leave_for_good);
		enter(f);
		f->own_fake_stack = NULL;
	}
	prepare(f, enter_program);
	ctx->rip = RIP_INSIDE;
	return true;
}

/* Its stack tells which part of the service it is, whatever CPU it runs on. */
static unsigned int part_of(const struct user_ctx *ctx)
{
	return (unsigned int)((ctx->rsp - SERVICE_STACK_VA) / SERVICE_STACK_STRIDE);
}

void arch_user_run(const struct space *space, struct user_ctx *ctx)
{
	struct fiber *f = &fibers[space->root - 1][part_of(ctx)];

	if (ctx->rip != RIP_INSIDE && !start(f, space, ctx)) {
		ctx->vector = VECTOR_PF;
		ctx->error = 0;
		ctx->cr2 = ctx->rip;
		return;
	}
	f->ctx = ctx;
	enter(f);
}

void *arch_space_at(const struct space *space, uva_t at, uint32_t flags)
{
	return user_at(space->root, at.value, flags);
}

void arch_fpu_reset(void *fpu)
{
	memset(fpu, 0, ARCH_FPU_BYTES);
}

void arch_user_rest(struct user_ctx *ctx)
{
	(void)ctx;
}

bool arch_user_emulate(const struct space *space, struct user_ctx *ctx)
{
	(void)space;
	if (ctx->vector != VECTOR_VC || ctx->error != EXIT_CPUID) {
		return false;
	}
	ctx->rax = 0xC0DE;
	return true;
}
