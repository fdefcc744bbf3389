/*
 * From the reset vector to 64-bit C. The image lies in ROM just below 4 GiB; it is copied to RAM at
 * the top of low memory and runs there at its link address, so that the guest can have everything
 * below it. Memory at `base` (low memory's end, rounded down to 2 MiB, minus 4 MiB):
 *   base + 0x0000  PML5 (used where the CPU offers LA57)
 *   base + 0x1000  PML4: [0] low, [128] and [129] all physical memory up to 1 TiB (as many
 *                  address bits as the guest is told: its devices may lie anywhere in it),
 *                  [511] the image
 *   base + 0x2000  two PDPTs of 1 GiB pages   base + 0x4000, 0x5000  PDPT and PD of the image
 *   base + 2 MiB   the image, its zeroed data and the stack
 * Five levels are chosen by the CPU alone: nested tables have as many levels as the host's own.
 */
#include "offsets.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71

	.section .reset, "ax"
	.code16
	.globl reset_vector
reset_vector:
	jmp	boot16
	.balign	16, 0xf4

	.section .boot, "ax"
	.code16
	/*
	 * First in its page: smp.c copies it to 0xff000, where other CPUs start, with that CS base,
	 * by a start-up IPI with vector 0xff. The tables stay in ROM.
	 */
ap16:
	cli
	cld
	lgdtl	%cs:(boot_gdtr - 0xfffff000)
	mov	$0x33, %eax
	mov	%eax, %cr0
	ljmpl	$0x08, $ap32
boot16:
	cli
	cld
	lgdtl	%cs:(boot_gdtr - 0xffff0000)
	mov	$0x33, %eax
	mov	%eax, %cr0
	ljmpl	$0x08, $boot32

	.code32
	/* Another CPU finds the tables made, and where they are at the end of its start page. */
ap32:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	START_PAGE + START_BASE, %ebx
	mov	$1, %esi
	jmp	tables_made
boot32:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	/* Memory from 16 MiB up to 4 GiB in units of 64 KiB. */
	xor	%ebx, %ebx
	mov	$0x35, %al
	out	%al, $CMOS_INDEX
	in	$CMOS_DATA, %al
	mov	%al, %bh
	mov	$0x34, %al
	out	%al, $CMOS_INDEX
	in	$CMOS_DATA, %al
	mov	%al, %bl
	shl	$16, %ebx
	add	$(0x1000000 - 0x400000), %ebx
	and	$0xffe00000, %ebx

	xor	%eax, %eax
	mov	%ebx, %edi
	mov	$(0x6000 / 4), %ecx
	rep stosl
	lea	0x1003(%ebx), %eax
	mov	%eax, (%ebx)
	mov	%eax, 511 * 8(%ebx)
	lea	0x2003(%ebx), %eax
	mov	%eax, 0x1000(%ebx)
	mov	%eax, 0x1000 + 128 * 8(%ebx)
	lea	0x3003(%ebx), %eax
	mov	%eax, 0x1000 + 129 * 8(%ebx)
	lea	0x4003(%ebx), %eax
	mov	%eax, 0x1000 + 511 * 8(%ebx)
	lea	0x5003(%ebx), %eax
	mov	%eax, 0x4000 + 510 * 8(%ebx)
	lea	0x200083(%ebx), %eax
	mov	%eax, 0x5000(%ebx)
	xor	%ecx, %ecx
1:	mov	%ecx, %eax
	shl	$30, %eax
	or	$0x83, %eax
	mov	%eax, 0x2000(%ebx, %ecx, 8)
	mov	%ecx, %eax
	shr	$2, %eax
	mov	%eax, 0x2004(%ebx, %ecx, 8)
	inc	%ecx
	cmp	$1024, %ecx
	jne	1b

	lea	0x200000(%ebx), %edi
	mov	$image_rom, %esi
	mov	$image_words, %ecx
	rep movsl
	xor	%eax, %eax
	mov	$image_zero_words, %ecx
	rep stosl
	xor	%esi, %esi

	/* ESI: not 0 on another CPU. */
tables_made:
	mov	%ebx, %ebp
	mov	$7, %eax
	xor	%ecx, %ecx
	cpuid
	mov	%ebp, %ebx
	mov	$0x620, %eax		/* CR4.PAE, OSFXSR, OSXMMEXCPT */
	lea	0x1000(%ebx), %edx
	test	$(1 << 16), %ecx
	jz	2f
	or	$0x1000, %eax		/* CR4.LA57 */
	mov	%ebx, %edx
2:	mov	%eax, %cr4
	mov	%edx, %cr3
	mov	$0xc0000080, %ecx	/* EFER: LME, NXE, SVME */
	mov	$0x1900, %eax
	xor	%edx, %edx
	wrmsr
	mov	$0x80010033, %eax
	mov	%eax, %cr0
	ljmp	$0x18, $boot64

	.code64
boot64:
	mov	%ebx, %edi
	movabs	$start64, %rax
	movabs	$start64_ap, %rdx
	test	%esi, %esi
	cmovnz	%rdx, %rax
	jmp	*%rax

	.balign	8
boot_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00af9b000000ffff
boot_gdtr:
	.word	. - boot_gdt - 1
	.long	boot_gdt

	.text
	.globl	start64
start64:
	lgdt	gdtr
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$stack_top, %rsp
	push	$0x08
	push	$1f
	lretq
1:	xor	%ebp, %ebp
	call	start_main
2:	hlt
	jmp	2b

	/* Another CPU: its stack is the one of its APIC id, below which smp.c made room. */
	.globl	start64_ap
start64_ap:
	lgdt	gdtr
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	mov	%ebx, %edi
	mov	%rbx, %rsp
	shl	$STACK_SHIFT, %rsp
	add	smp_stacks, %rsp
	push	$0x08
	push	$1f
	lretq
1:	xor	%ebp, %ebp
	call	smp_ap_main
2:	hlt
	jmp	2b

	.section .data, "aw"
	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdtr:	.word	. - gdt - 1
	.quad	gdt

	/* Aligned to its size, as every stack: at the bottom is the CPU's count of NMIs. */
	.section .bss.stack, "aw", @nobits
	.balign	STACK_BYTES
	.skip	STACK_BYTES
stack_top:
