/*
 * The seam: address spaces of services and running at CPL3. Kernel and services never share a
 * pointer: the kernel reaches a service's pages through its own mapping of the pool.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/* Page-table root of a service; the kernel's half is the same in all of them. */
struct space {
	uint64_t root; /* gPA of the top-level table */
};

enum err arch_space_create(struct space *space);

/* Maps one page of the SVSM's region at CPL3. flags: IMAGE_READ/WRITE/EXEC, W^X. */
enum err arch_space_map(struct space *space, uva_t at, const void *page, uint32_t flags);

/* The kernel's view of the byte at `at`, or NULL: no page there has all these rights for CPL3. */
void *arch_space_at(const struct space *space, uva_t at, uint32_t flags);

/* Registers of a service on one CPU. Their order is known to assembly by generated offsets. */
struct user_ctx {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
	uint64_t vector; /* why it stopped: USER_SYSCALL, or an exception vector */
	uint64_t error;	 /* the exception's error code */
	uint64_t cr2;
	uint64_t fs_base; /* where a C library keeps its thread's data */
	void *fpu;	  /* ARCH_FPU_BYTES of x87 and SSE state, or NULL: its instructions fault */
};

#define ARCH_FPU_BYTES 512

/* State as after reset. `fpu` is aligned to 16 bytes. */
void arch_fpu_reset(void *fpu);

#define USER_SYSCALL 256

/* Runs the service until its next system call or exception. */
void arch_user_run(const struct space *space, struct user_ctx *ctx);

/* The service stops for now: nothing of it stays in this CPU's registers. */
void arch_user_rest(struct user_ctx *ctx);

/* Emulates what a service may do though it traps (CPUID); false: the exception stands. */
bool arch_user_emulate(const struct space *space, struct user_ctx *ctx);
