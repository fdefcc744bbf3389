/*
 * The instructions that touch pages of guests. Each may fault, because guest or host can make any
 * such page inaccessible at any time; each has an entry in .fixups, and then reports failure.
 */
#include "asm_offsets.h"

	.macro fixup instruction, resume
	.section .fixups, "a"
	.quad	\instruction, \resume
	.previous
	.endm

	.section .text.access, "ax"

	/*
	 * bool access_copy(void *to, const void *from, size_t bytes): true when all bytes were
	 * copied
	 */
	.globl access_copy
access_copy:
	mov	%rdx, %rcx
	and	$7, %edx
	shr	$3, %rcx
1:	rep movsq
	mov	%rdx, %rcx
2:	rep movsb
	mov	$1, %eax
	ret
3:	xor	%eax, %eax
	ret
	fixup 1b, 3b
	fixup 2b, 3b

	/* bool access_zero(void *to, size_t bytes): bytes is a multiple of eight */
	.globl access_zero
access_zero:
	mov	%rsi, %rcx
	shr	$3, %rcx
	xor	%eax, %eax
1:	rep stosq
	mov	$1, %eax
	ret
2:	xor	%eax, %eax
	ret
	fixup 1b, 2b

	/*
	 * uint64_t access_pvalidate(void *page, uint64_t size, uint64_t validate): EAX in bits
	 * 31:0, CF in bit 32; ACCESS_FAULTED when it faulted
	 */
	.globl access_pvalidate
access_pvalidate:
	mov	%rdi, %rax
	mov	%rsi, %rcx
1:	.byte	0xf2, 0x0f, 0x01, 0xff
	setc	%cl
	mov	%eax, %eax
	movzbl	%cl, %ecx
	shl	$32, %rcx
	or	%rcx, %rax
	ret
2:	movabs	$ACCESS_FAULTED_VALUE, %rax
	ret
	fixup 1b, 2b

	/*
	 * uint64_t access_rmpadjust(void *page, uint64_t size, uint64_t attributes): EAX;
	 * ACCESS_FAULTED when it faulted
	 */
	.globl access_rmpadjust
access_rmpadjust:
	mov	%rdi, %rax
	mov	%rsi, %rcx
1:	.byte	0xf3, 0x0f, 0x01, 0xfe
	mov	%eax, %eax
	ret
2:	movabs	$ACCESS_FAULTED_VALUE, %rax
	ret
	fixup 1b, 2b

	/*
	 * uint64_t access_rmpadjust_to(void *page, uint64_t size, uint64_t attributes, uint64_t
	 * last): the same for VMPLs 1..last, up to the first that fails; attributes without VMPL
	 */
	.globl access_rmpadjust_to
access_rmpadjust_to:
	mov	%rcx, %r8
	xor	%eax, %eax
4:	cmp	%r8b, %dl
	jae	2f
	inc	%edx
	mov	%rdi, %rax
	mov	%rsi, %rcx
1:	.byte	0xf3, 0x0f, 0x01, 0xfe
	mov	%eax, %eax
	test	%eax, %eax
	jz	4b
2:	ret
3:	movabs	$ACCESS_FAULTED_VALUE, %rax
	ret
	fixup 1b, 3b

	/*
	 * void access_flush_all(void): INVLPGB of everything (RAX: 2 ASID, 3 global, 5 nested),
	 * then TLBSYNC. A guest reaches its own ASID only, by that bit and a zero in EDX.
	 */
	.globl access_flush_all
access_flush_all:
	mov	$0x2c, %eax
	xor	%ecx, %ecx
	xor	%edx, %edx
	.byte	0x0f, 0x01, 0xfe
	.byte	0x0f, 0x01, 0xff
	ret
