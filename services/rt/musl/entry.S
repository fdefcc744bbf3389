/*
 * The entry point of a service that is built on musl.
 */

	.section .text.start, "ax", @progbits
	.globl _start
	.type _start, @function
/* RDI = message buffer, RSI = 1, RSP 16-byte aligned. */
_start:
	xorl	%ebp, %ebp
	call	start_musl
	ud2
	.size _start, . - _start

	.section .note.GNU-stack, "", @progbits
