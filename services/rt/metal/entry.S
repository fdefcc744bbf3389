/* A service's entry point, for the image at CPL3. */

	.section .text.start, "ax", @progbits
	.globl _start
	.type _start, @function
/* RDI = message buffer of this CPU, RSI = 1 on the CPU that initialises, RSP 16-byte aligned. */
_start:
	xorl	%ebp, %ebp
	call	rt_main
	ud2
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
