/*
 * The kernel's first instruction, in 64-bit mode on the stub's page tables: RDI = struct
 * image_map *, RSP = top of the boot stack. Never returns.
 */
	.section .text.entry, "ax"
	.globl kernel_entry
kernel_entry:
	xor	%ebp, %ebp
	call	main_boot
1:	hlt
	jmp	1b

	/* The stack has a segment of its own: the gap before it is not mapped. */
	.section .stack, "aw", @nobits
	.skip	16384
