/*
 * The first instructions, from LOW_BASE in 32-bit protected mode without paging, EBX = gPA of
 * struct stub_params. Reads the C-bit's place from the CPUID page, sets it in every present
 * entry of the boot page tables, turns paging on with 4 or 5 levels and enters the kernel. No
 * stack, no memory of its own. All accesses are private while paging is off.
 */
#include "asm_offsets.h"

	.section .stub, "ax"
	.code32
	.globl stub_start
stub_start:
	cld
	/* C-bit: leaf 8000001F, EBX[5:0]. ESI is left at the entry. */
	mov	$CPUID_SEV_LEAF_VALUE, %eax
	mov	STUB_CPUID_GPA(%ebx), %esi
	mov	CPUID_COUNT(%esi), %ecx
	cmp	$CPUID_MAX, %ecx
	ja	fail
	add	$CPUID_ENTRIES, %esi
1:	sub	$1, %ecx
	jb	fail
	cmp	%eax, CPUID_EAX_IN(%esi)
	je	2f
	add	$CPUID_ENTRY_BYTES, %esi
	jmp	1b
2:	mov	CPUID_EBX(%esi), %ecx
	and	$0x3f, %ecx
	/* A C-bit below 32 does not exist; EDX becomes its mask in the upper half of an entry. */
	sub	$32, %ecx
	jb	fail
	mov	$1, %edx
	shl	%cl, %edx

	/* Every present entry of the boot tables. */
	mov	STUB_TABLES_GPA(%ebx), %esi
	mov	STUB_TABLES_PAGES(%ebx), %ecx
	shl	$9, %ecx
3:	testb	$1, (%esi)
	jz	4f
	or	%edx, 4(%esi)
4:	add	$8, %esi
	sub	$1, %ecx
	jnz	3b

	/* Levels: five where asked for and offered (leaf 7, ECX bit 16). EBP = CR4, EDI = root. */
	mov	$CR4_PAE_BIT, %ebp
	mov	STUB_ROOT4_GPA(%ebx), %edi
	testl	$WANT_LA57, STUB_FLAGS(%ebx)
	jz	7f
	mov	STUB_CPUID_GPA(%ebx), %esi
	mov	CPUID_COUNT(%esi), %ecx
	add	$CPUID_ENTRIES, %esi
5:	sub	$1, %ecx
	jb	7f
	cmpl	$7, CPUID_EAX_IN(%esi)
	jne	6f
	cmpl	$0, CPUID_ECX_IN(%esi)
	jne	6f
	testl	$LA57_OFFERED, CPUID_ECX(%esi)
	jz	7f
	or	$CR4_LA57_BIT, %ebp
	mov	STUB_ROOT5_GPA(%ebx), %edi
	jmp	7f
6:	add	$CPUID_ENTRY_BYTES, %esi
	jmp	5b

7:	mov	%ebp, %cr4
	mov	%edi, %cr3
	mov	$MSR_EFER_NUMBER, %ecx
	rdmsr
	or	$EFER_LONG_MODE, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PAGING, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$CODE64, $long_mode

	/* Nothing can be logged yet: general termination, reason set of Keel, "environment". */
fail:	mov	$GHCB_MSR_NUMBER, %ecx
	mov	$TERMINATE_ENVIRONMENT, %eax
	xor	%edx, %edx
	wrmsr
	rep; vmmcall
	jmp	fail

	.code64
long_mode:
	xor	%eax, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %ss
	mov	%ebx, %ebx
	mov	STUB_STACK(%rbx), %rsp
	mov	$IMAGE_MAP_VA, %rdi
	jmp	*STUB_ENTRY(%rbx)

	/* The accessed bit is set: the page is not writable. */
	.balign 8
gdt:	.quad	0
	.quad	0x00af9b000000ffff
	.set CODE64, 8
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt
