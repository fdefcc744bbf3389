/*
 * The test guest's first steps, all at VMPL0: 32-bit protected mode without paging (where one #VC
 * is taken), page tables, 64-bit mode; exception stubs; and the real-mode code that runs at VMPL2.
 *
 * Page tables: the first GiB one to one with the C-bit, the second GiB the same memory without it.
 */
#define CPUID_PAGE 0xe000
#define MSR_GHCB   0xc0010130
/* In struct cpuid_entry, and in real mode's interrupt frame behind the saved BP. */
#define ENTRY_EBX  28
#define FRAME_IP   2

	.section .entry, "ax"
	.code32
	.globl	entry
entry:
	mov	$stack_top, %esp
	mov	%ebx, entry_mode

	/* The C-bit, from the CPUID page: no instruction of the guest tells it yet. */
	mov	CPUID_PAGE, %ecx
	mov	$(CPUID_PAGE + 16), %esi
1:	cmpl	$0x8000001f, (%esi)
	je	2f
	add	$48, %esi
	loop	1b
	ud2
2:	mov	ENTRY_EBX(%esi), %ecx
	and	$0x3f, %ecx
	mov	%ecx, entry_c_bit

	/* One #VC in 32-bit code. */
	lgdt	gdtr
	ljmp	$0x18, $3f
3:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	lidt	idtr_32
	mov	%esp, %ebp
	cpuid
	cmp	%esp, %ebp
	jne	4f
	movl	$1, entry_vc_32_ok
4:
	/* C-bit mask for the high half of entries. */
	mov	entry_c_bit, %ecx
	sub	$32, %ecx
	mov	$1, %ebx
	shl	%cl, %ebx
	movl	$(pdpt + 3), pml4
	mov	%ebx, pml4 + 4
	movl	$(pd_private + 3), pdpt
	mov	%ebx, pdpt + 4
	movl	$(pd_shared + 3), pdpt + 8
	mov	%ebx, pdpt + 12
	xor	%ecx, %ecx
5:	mov	%ecx, %eax
	shl	$21, %eax
	or	$0x83, %eax
	mov	%eax, pd_private(, %ecx, 8)
	mov	%ebx, pd_private + 4(, %ecx, 8)
	mov	%eax, pd_shared(, %ecx, 8)
	inc	%ecx
	cmp	$512, %ecx
	jne	5b

	mov	$0x620, %eax
	mov	%eax, %cr4
	mov	$pml4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x900, %eax
	wrmsr
	mov	$0x80010033, %eax
	mov	%eax, %cr0
	ljmp	$0x08, $6f

	.code64
6:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$stack_top, %rsp
	call	guest_main
7:	hlt
	jmp	7b

	.code32
	/* Takes the error code off, goes behind CPUID. */
vc_32:	cmpl	$0x72, (%esp)
	je	8f
	ud2
8:	add	$4, %esp
	addl	$2, (%esp)
	iret

	.code64
	.text
/*
 * uint64_t entry_try(uint64_t (*insn)(uint64_t, uint64_t, uint64_t), a, b, c): the function's
 * result; or, when an exception was taken, what guest_exception() made of it.
 */
	.globl	entry_try
entry_try:
	mov	%rsp, try_rsp
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	push	%rbx
	call	*%rax
	pop	%rbx
	ret

	/* Instructions under test: arguments in RDI, RSI, RDX. */
	.globl	insn_read, insn_write, insn_pvalidate, insn_rmpadjust, insn_rmpquery
insn_read:
	mov	(%rdi), %rax
	ret
insn_write:
	mov	%rsi, (%rdi)
	mov	%rsi, %rax
	ret
/* PVALIDATE: RDI address, RSI size, RDX validate. EAX, and CF as bit 31. */
insn_pvalidate:
	mov	%rdi, %rax
	mov	%rsi, %rcx
	.byte	0xf2, 0x0f, 0x01, 0xff
	setc	%cl
	movzbl	%cl, %ecx
	shl	$31, %ecx
	or	%rcx, %rax
	ret
insn_rmpadjust:
	mov	%rdi, %rax
	mov	%rsi, %rcx
	.byte	0xf3, 0x0f, 0x01, 0xfe
	ret
/* RMPQUERY: RDI address, RSI target VMPL. EAX, RDX shifted by 32. */
insn_rmpquery:
	mov	%rdi, %rax
	mov	%rsi, %rdx
	.byte	0xf3, 0x0f, 0x01, 0xfd
	shl	$32, %rdx
	or	%rdx, %rax
	ret
	.globl	insn_cpuid, insn_flush, insn_vmgexit
insn_cpuid:
	mov	%edi, %eax
	xor	%ecx, %ecx
	cpuid
	ret
/* INVLPGB and TLBSYNC: RDI RAX, RSI EDX. */
insn_flush:
	mov	%rdi, %rax
	xor	%ecx, %ecx
	mov	%rsi, %rdx
	.byte	0x0f, 0x01, 0xfe
	.byte	0x0f, 0x01, 0xff
	xor	%eax, %eax
	ret
/* VMGEXIT with RDI in the GHCB MSR; returns the MSR. */
insn_vmgexit:
	mov	$MSR_GHCB, %ecx
	mov	%edi, %eax
	mov	%rdi, %rdx
	shr	$32, %rdx
	wrmsr
	.byte	0xf3, 0x0f, 0x01, 0xd9
	mov	$MSR_GHCB, %ecx
	rdmsr
	shl	$32, %rdx
	or	%rdx, %rax
	ret

/* Exceptions unwind to entry_try()'s caller: RDI vector, RSI error code, RDX CR2. */
	.macro	stub vector, has_error
	.globl	stub_\vector
stub_\vector:
	mov	$\vector, %edi
	xor	%esi, %esi
	.if	\has_error
	pop	%rsi
	.endif
	mov	%cr2, %rdx
	mov	try_rsp, %rsp
	jmp	guest_exception
	.endm
	stub	6, 0
	stub	13, 1
	stub	14, 1
	stub	29, 1

/*
 * Interrupts: guest_interrupt(vector), and back. void insn_interruptible(uint64_t rsp): lets them
 * in for a moment, on a stack of its own.
 */
	.macro	interrupt_stub vector
	.globl	stub_\vector
stub_\vector:
	push	%rdi
	mov	$\vector, %edi
	jmp	interrupt_common
	.endm
	interrupt_stub 0x40
	interrupt_stub 0x41
interrupt_common:
	.irp	reg, rax, rcx, rdx, rsi, r8, r9, r10, r11
	push	%\reg
	.endr
	cld
	call	guest_interrupt
	.irp	reg, r11, r10, r9, r8, rsi, rdx, rcx, rax
	pop	%\reg
	.endr
	pop	%rdi
	iretq
	.globl	insn_interruptible
insn_interruptible:
	xchg	%rdi, %rsp
	sti
	nop
	cli
	xchg	%rdi, %rsp
	ret

/*
 * VMPL2, real mode, at real_code (below 1 MiB): a #VC by CPUID, then back to VMPL0 with AX 0x1234
 * where the handler (real_vc) saw nothing wrong. Runs a second time with BX 1.
 */
	.code16
	.globl	real_code, real_vc, real_end
	.balign	4096
real_code:
	/* A read that brings the page in, then a write that needs more than that. */
	pop	%ax
	push	%ax
	mov	%sp, %bp
	cpuid
	cmp	%sp, %bp
	jne	9f
	mov	$0x1234, %si
9:	mov	$MSR_GHCB, %ecx
	mov	$0x16, %eax
	xor	%edx, %edx
	wrmsr
	mov	%esi, %eax
	.byte	0xf3, 0x0f, 0x01, 0xd9
	mov	$0x5678, %ax
	mov	$MSR_GHCB, %ecx
	push	%ax
	mov	$0x16, %eax
	xor	%edx, %edx
	wrmsr
	pop	%ax
	.byte	0xf3, 0x0f, 0x01, 0xd9
	hlt
/* Real mode: no error code; FLAGS, CS, IP. */
real_vc:
	push	%bp
	mov	%sp, %bp
	addw	$2, FRAME_IP(%bp)
	pop	%bp
	iret
real_end:

	.data
	.balign	16
gdt:	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
	.quad	0x00cf9b000000ffff
gdtr:	.word	. - gdt - 1
	.quad	gdt
	.balign	8
idtr_32:
	.word	30 * 8 - 1
	.long	idt_32
	.balign	8
idt_32:	.fill	29, 8, 0
	/* The handler lies below 128 KiB: its upper half is 1. */
	.word	vc_32 - 0x10000, 0x18, 0x8e00, 1
	.globl	entry_mode, entry_c_bit, entry_vc_32_ok
entry_mode:
	.long	0
entry_c_bit:
	.long	0
entry_vc_32_ok:
	.long	0

	.bss
	.balign	4096
pml4:	.skip	4096
pdpt:	.skip	4096
pd_private:
	.skip	4096
pd_shared:
	.skip	4096
	.skip	8192
stack_top:
try_rsp:
	.quad	0
