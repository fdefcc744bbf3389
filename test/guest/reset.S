/*
 * The test guest's way from the reset vector to 64-bit C: real mode, 32-bit protected mode, page
 * tables with the C-bit that the CPUID page names, long mode, a copy of everything from flash to
 * memory. And what makes the image look like firmware: the table of GUIDed entries at its end with
 * the SEV metadata. Nothing here may use CPUID, ports or most MSRs: there is no #VC handler yet.
 */
#include "layout.h"

#define FLASH_SEGMENT	0xffff0000
#define MSR_EFER	0xc0000080
#define MSR_GHCB	0xc0010130
#define EFER_LME_NXE	0x900
#define CPUID_SEV_LEAF	0x8000001f
#define ENTRY_BYTES	48
#define ENTRY_EBX	28
#define PRESENT_WRITE	0x3
#define LARGE		0x80
#define TERMINATE	0x100

	.section .reset, "ax", @progbits

	.code16
start16:
	cli
	cld
	lgdtl	%cs:gdt_pointer - FLASH_SEGMENT
	movl	%cr0, %eax
	andl	$~0x60000000, %eax	/* caches on */
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$SEL_CODE32, $start32

	.code32
start32:
	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	/* EDX: bit that is the C-bit in the upper half of an entry. */
	movl	CPUID_GPA, %ecx
	movl	$(CPUID_GPA + 16), %esi
1:	testl	%ecx, %ecx
	jz	no_cbit
	decl	%ecx
	cmpl	$CPUID_SEV_LEAF, (%esi)
	je	2f
	addl	$ENTRY_BYTES, %esi
	jmp	1b
2:	movl	ENTRY_EBX(%esi), %ecx
	andl	$0x3f, %ecx
	subl	$32, %ecx
	jb	no_cbit
	movl	$1, %edx
	shll	%cl, %edx

	movl	$(PDPT_GPA + PRESENT_WRITE), PML4_GPA
	movl	%edx, PML4_GPA + 4
	/* Four directories in the PDPT, then 2048 large pages in those. */
	movl	$(PD_GPA + PRESENT_WRITE), %eax
	xorl	%ecx, %ecx
3:	movl	%eax, PDPT_GPA(, %ecx, 8)
	movl	%edx, PDPT_GPA + 4(, %ecx, 8)
	addl	$0x1000, %eax
	incl	%ecx
	cmpl	$4, %ecx
	jb	3b
	movl	$(LARGE + PRESENT_WRITE), %eax
	xorl	%ecx, %ecx
4:	movl	%eax, PD_GPA(, %ecx, 8)
	movl	%edx, PD_GPA + 4(, %ecx, 8)
	addl	$0x200000, %eax
	incl	%ecx
	cmpl	$2048, %ecx
	jb	4b
	/* The 2 MiB with everything of ours, by 4 KiB; the GHCB's page without the C-bit. */
	movl	$(PT_GPA + PRESENT_WRITE), PD_GPA + TABLES_GPA / 0x200000 * 8
	movl	$(TABLES_GPA + PRESENT_WRITE), %eax
	xorl	%ecx, %ecx
5:	movl	%eax, PT_GPA(, %ecx, 8)
	movl	%edx, PT_GPA + 4(, %ecx, 8)
	addl	$0x1000, %eax
	incl	%ecx
	cmpl	$512, %ecx
	jb	5b
	movl	$0, PT_GPA + 4 + (GHCB_GPA - TABLES_GPA) / 0x1000 * 8

	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$PML4_GPA, %eax		/* table walks are private whatever this says */
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME_NXE, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$0x80010000, %eax	/* PG, WP */
	movl	%eax, %cr0
	ljmpl	$SEL_CODE64, $start64

no_cbit:
	movl	$TERMINATE, %eax
	xorl	%edx, %edx
	movl	$MSR_GHCB, %ecx
	wrmsr
	rep
	vmmcall
6:	hlt
	jmp	6b

	.code64
start64:
	movl	$guest_load_start, %esi
	movl	$guest_image_start, %edi
	movl	$guest_image_qwords, %ecx
	rep movsq
	movl	$STACK_END, %esp
	xorl	%ebp, %ebp
	movl	$guest_main, %eax
	call	*%rax
7:	hlt
	jmp	7b

	.balign 8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* SEL_CODE32 */
	.quad	0x00cf93000000ffff	/* SEL_DATA */
	.quad	0x00af9b000000ffff	/* SEL_CODE64 */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.balign 4
	.globl metadata
metadata:
	.ascii	"ASEV"
	.long	metadata_end - metadata
	.long	1			/* version */
	.long	(metadata_end - metadata_sections) / 12
metadata_sections:
	.long	TABLES_GPA, TABLES_BYTES, 1
	.long	SECRETS_GPA, 0x1000, 2
	.long	CPUID_GPA, 0x1000, 3
	.long	CAA_GPA, 0x1000, 4
	.long	MEMORY_GPA, MEMORY_BYTES, 1
metadata_end:

	/* The last bytes of the image; guest.lds puts them there. */
	.section .reset_end, "ax", @progbits
table:
	/* dc886566-984a-4798-a75e-5585a7bf67cc: where the metadata is, from the image's end */
	.long	guest_metadata_offset
	.word	4 + 18
	.byte	0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47
	.byte	0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
	/* 96b582de-1fb2-45f7-baea-a366c55a082d: the table's own length */
	.word	table_end - table
	.byte	0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45
	.byte	0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d
table_end:
	.skip	16
	.code16
reset_vector:
	jmp	start16
	.org	reset_vector + 16

	.section .note.GNU-stack, "", @progbits
