/* The two ways into the simulator once it runs: its own exceptions, and a guest's exit. */
#include "offsets.h"

	.text
/*
 * void entry_vmrun(uint64_t vmcb, struct gprs *gprs)
 * Runs the guest until it exits. RAX and RSP are in the VMCB. The caller's FS, GS, KernelGSbase,
 * STAR.. and SYSENTER MSRs are not used by the simulator: VMSAVE after the exit is all they need.
 * Interrupts stay off (IF=0 in the host): they are the guest's. A pending NMI is taken at STGI.
 */
	.globl	entry_vmrun
entry_vmrun:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	push	%rsi
	mov	%rdi, %rax
	mov	GPRS_RBX(%rsi), %rbx
	mov	GPRS_RCX(%rsi), %rcx
	mov	GPRS_RDX(%rsi), %rdx
	mov	GPRS_RDI(%rsi), %rdi
	mov	GPRS_RBP(%rsi), %rbp
	mov	GPRS_R8+0x00(%rsi), %r8
	mov	GPRS_R8+0x08(%rsi), %r9
	mov	GPRS_R8+0x10(%rsi), %r10
	mov	GPRS_R8+0x18(%rsi), %r11
	mov	GPRS_R8+0x20(%rsi), %r12
	mov	GPRS_R8+0x28(%rsi), %r13
	mov	GPRS_R8+0x30(%rsi), %r14
	mov	GPRS_R8+0x38(%rsi), %r15
	mov	GPRS_RSI(%rsi), %rsi
	clgi
	vmload	%rax
	vmrun	%rax
	vmsave	%rax
	xchg	%rsi, (%rsp)
	mov	%rbx, GPRS_RBX(%rsi)
	mov	%rcx, GPRS_RCX(%rsi)
	mov	%rdx, GPRS_RDX(%rsi)
	mov	%rdi, GPRS_RDI(%rsi)
	mov	%rbp, GPRS_RBP(%rsi)
	mov	%r8, GPRS_R8+0x00(%rsi)
	mov	%r9, GPRS_R8+0x08(%rsi)
	mov	%r10, GPRS_R8+0x10(%rsi)
	mov	%r11, GPRS_R8+0x18(%rsi)
	mov	%r12, GPRS_R8+0x20(%rsi)
	mov	%r13, GPRS_R8+0x28(%rsi)
	mov	%r14, GPRS_R8+0x30(%rsi)
	mov	%r15, GPRS_R8+0x38(%rsi)
	pop	%rbx
	mov	%rbx, GPRS_RSI(%rsi)
	stgi
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* NMI: counted at the bottom of the CPU's stack. Whoever sent it has the guest's exit to see. */
	.globl	entry_nmi
entry_nmi:
	push	%rax
	mov	%rsp, %rax
	and	$-STACK_BYTES, %rax
	incq	(%rax)
	pop	%rax
	iretq

/* volatile uint64_t *entry_nmi_counter(void): this CPU's. */
	.globl	entry_nmi_counter
entry_nmi_counter:
	mov	%rsp, %rax
	and	$-STACK_BYTES, %rax
	ret

/* Any other exception is the simulator's own bug: vector, error code, RIP and CR2 go to C. */
	.macro	exception vector, has_error
	.balign	16
	.if	\has_error == 0
	push	$0
	.endif
	push	$\vector
	jmp	exception_common
	.endm

	.balign	16
	.globl	entry_exceptions
entry_exceptions:
	.set	v, 0
	.rept	32
	.if	(v == 8) || ((v >= 10) && (v <= 14)) || (v == 17) || (v == 21)
	exception v, 1
	.else
	exception v, 0
	.endif
	.set	v, v + 1
	.endr
exception_common:
	pop	%rdi
	pop	%rsi
	mov	(%rsp), %rdx
	mov	%cr2, %rcx
	and	$-16, %rsp
	call	trap_fatal
