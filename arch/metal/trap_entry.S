/*
 * Every way into the kernel but the first. Interrupts are off throughout VMPL0.
 *
 * trap_entries: exceptions and interrupts. From CPL0 they call trap_kernel(frame) and return to
 * where it says. From CPL3 they store the service's registers in percpu.ctx and return from
 * user_enter().
 * user_syscall: SYSCALL from CPL3, likewise.
 * user_enter(ctx): runs CPL3 until one of the above. The kernel's GS base is active in the kernel,
 * swapped away while CPL3 runs.
 */
#include "asm_offsets.h"

	.section .text.trap, "ax"

	/* The CPU itself pushes an error code for vectors 8, 10-14, 17, 21, 29 and 30. */
	.set ERROR_CODES, 0x60227d00

	.balign 16
	.globl trap_entries
trap_entries:
	.set vector, 0
	.rept 256
	.balign 16
	.if vector >= 32
	pushq	$0
	.elseif ((ERROR_CODES >> vector) & 1) == 0
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap_common
	.set vector, vector + 1
	.endr

trap_common:
	cld
	testb	$3, TRAP_CS(%rsp)
	jnz	trap_user
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	call	trap_kernel
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

	/*
	 * Stores what both ways out of CPL3 have in common; RAX = ctx, its own value is in
	 * scratch.
	 */
	.macro save_user
	mov	%rbx, CTX_RBX(%rax)
	mov	%rdx, CTX_RDX(%rax)
	mov	%rsi, CTX_RSI(%rax)
	mov	%rdi, CTX_RDI(%rax)
	mov	%rbp, CTX_RBP(%rax)
	mov	%r8, CTX_R8(%rax)
	mov	%r9, CTX_R9(%rax)
	mov	%r10, CTX_R10(%rax)
	mov	%r12, CTX_R12(%rax)
	mov	%r13, CTX_R13(%rax)
	mov	%r14, CTX_R14(%rax)
	mov	%r15, CTX_R15(%rax)
	mov	%rcx, CTX_RCX(%rax)
	mov	%r11, CTX_R11(%rax)
	mov	%gs:PERCPU_SCRATCH, %rcx
	mov	%rcx, CTX_RAX(%rax)
	.endm

	/* Returns from user_enter(). */
	.macro leave_user
	mov	%gs:PERCPU_KERNEL_RSP, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.endm

trap_user:
	clac
	swapgs
	mov	%rax, %gs:PERCPU_SCRATCH
	mov	%gs:PERCPU_CTX, %rax
	save_user
	mov	(%rsp), %rcx
	mov	%rcx, CTX_VECTOR(%rax)
	mov	TRAP_ERROR(%rsp), %rcx
	mov	%rcx, CTX_ERROR(%rax)
	mov	TRAP_RIP(%rsp), %rcx
	mov	%rcx, CTX_RIP(%rax)
	mov	TRAP_RFLAGS(%rsp), %rcx
	mov	%rcx, CTX_RFLAGS(%rax)
	mov	TRAP_RSP(%rsp), %rcx
	mov	%rcx, CTX_RSP(%rax)
	mov	%cr2, %rcx
	mov	%rcx, CTX_CR2(%rax)
	leave_user

	.globl user_syscall
user_syscall:
	swapgs
	mov	%rax, %gs:PERCPU_SCRATCH
	mov	%gs:PERCPU_CTX, %rax
	/* SYSCALL put the return address in RCX and the flags in R11. */
	mov	%rcx, CTX_RIP(%rax)
	mov	%r11, CTX_RFLAGS(%rax)
	mov	%rsp, CTX_RSP(%rax)
	save_user
	movq	$CTX_SYSCALL, CTX_VECTOR(%rax)
	cld
	leave_user

	/*
	 * void user_enter(struct user_ctx *ctx): flags and segments in ctx are the caller's to
	 * make safe.
	 */
	.globl user_enter
user_enter:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %gs:PERCPU_KERNEL_RSP
	mov	%rdi, %gs:PERCPU_CTX
	pushq	$USER_SS
	pushq	CTX_RSP(%rdi)
	pushq	CTX_RFLAGS(%rdi)
	pushq	$USER_CS
	pushq	CTX_RIP(%rdi)
	mov	CTX_RAX(%rdi), %rax
	mov	CTX_RBX(%rdi), %rbx
	mov	CTX_RCX(%rdi), %rcx
	mov	CTX_RDX(%rdi), %rdx
	mov	CTX_RSI(%rdi), %rsi
	mov	CTX_RBP(%rdi), %rbp
	mov	CTX_R8(%rdi), %r8
	mov	CTX_R9(%rdi), %r9
	mov	CTX_R10(%rdi), %r10
	mov	CTX_R11(%rdi), %r11
	mov	CTX_R12(%rdi), %r12
	mov	CTX_R13(%rdi), %r13
	mov	CTX_R14(%rdi), %r14
	mov	CTX_R15(%rdi), %r15
	mov	CTX_RDI(%rdi), %rdi
	swapgs
	iretq
