/* A service's one system call function, for the image at CPL3. */

	.section .text.rt_syscall, "ax", @progbits
	.globl rt_syscall
	.type rt_syscall, @function
/*
 * struct rt_answer rt_syscall(number, a, b, c): RDI, RSI, RDX, RCX as C passes them become RAX,
 * RDI, RSI, RDX as the kernel takes them; R10, its fourth argument, is zero. The answer is returned
 * where C expects a structure of two words: RAX, RDX. SYSCALL overwrites RCX and R11, which C lets
 * a function lose.
 */
rt_syscall:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	xorl	%r10d, %r10d
	syscall
	ret
	.size rt_syscall, . - rt_syscall

	.section .note.GNU-stack, "", @progbits
