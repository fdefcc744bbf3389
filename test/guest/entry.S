/* Stubs of the test guest: exceptions, one interrupt, and the memory access that may fault. */

/* Vectors with an error code: 8, 10 to 14, 17, 21, 29, 30. */
#define ERROR_CODES 0x60227d00

	.text

/* RAX = 0 with *RSI = the word at RDI; or, put there by trap.c, vector << 32 | error code. */
	.globl entry_probe_read
	.globl entry_probe_insn
	.globl entry_probe_fixup
entry_probe_read:
entry_probe_insn:
	movq	(%rdi), %rax
	movq	%rax, (%rsi)
	xorl	%eax, %eax
entry_probe_fixup:
	ret

	/* One stub per 16 bytes, so that trap.c can compute their addresses. */
	.balign 16
	.globl entry_stubs
entry_stubs:
	.irp vector, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32
	.balign 16
	/* Those for which the CPU pushes no error code get a zero. */
	.if \vector > 31 || !((ERROR_CODES >> \vector) & 1)
	pushq	$0
	.endif
	pushq	$\vector
	jmp	common
	.endr

common:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$~15, %rsp
	call	trap_handle
	movq	%rbp, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
