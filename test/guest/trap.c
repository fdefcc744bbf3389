/*
 * The IDT and what the vectors do. #VC is decoded for exactly the instructions that this guest
 * executes: CPUID, IN/OUT of AL by DX, RDMSR. Anything unexpected is printed and ends the guest.
 */
#include "trap.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "console.h"
#include "ghcb.h"
#include "layout.h"
#include "snp/cpuid_page.h"
#include "snp/ghcb_msr.h"
#include "svsm.h"
#include "x86/desc.h"
#include "x86/regs.h"

#define VECTORS	     (TRAP_INTERRUPT + 1)
#define STUB_BYTES   16
#define REASON_TRAP  3
#define OPCODE_IN    0xEC
#define OPCODE_OUT   0xEE

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
	uint64_t vector;
	uint64_t error;
	uint64_t rip, cs, rflags, rsp, ss;
};

extern const char entry_stubs[];
extern const char entry_probe_insn[];
extern const char entry_probe_fixup[];
uint64_t entry_probe_read(uint64_t gpa, uint64_t *value);
void trap_handle(struct trap_frame *frame);

static struct x86_gate idt[VECTORS];
static trap_interrupt *interrupt;

void trap_start(void)
{
	struct x86_table_pointer pointer = {sizeof(idt) - 1, (uintptr_t)idt};

	for (unsigned int i = 0; i < VECTORS; i++) {
		idt[i] = x86_interrupt_gate((uintptr_t)entry_stubs + i * STUB_BYTES, SEL_CODE64, 0);
	}
	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void trap_take_interrupts(trap_interrupt *handler)
{
	interrupt = handler;
}

uint64_t trap_probe(uint64_t gpa, uint64_t *value)
{
	return entry_probe_read(gpa, value);
}

/* From the page alone; a leaf that is not there reads as zeros. Adds what an SVSM's guest adds. */
static void emulate_cpuid(struct trap_frame *frame)
{
	const struct cpuid_page *page = (const struct cpuid_page *)(uintptr_t)CPUID_GPA;
	uint32_t eax_in = (uint32_t)frame->rax;
	uint32_t ecx_in = (uint32_t)frame->rcx;

	frame->rax = frame->rbx = frame->rcx = frame->rdx = 0;
	for (uint32_t i = 0; i < page->count && i < CPUID_PAGE_MAX_ENTRIES; i++) {
		const struct cpuid_entry *entry = &page->entries[i];

		if (entry->eax_in == eax_in && entry->ecx_in == ecx_in) {
			frame->rax = entry->eax;
			frame->rbx = entry->ebx;
			frame->rcx = entry->ecx;
			frame->rdx = entry->edx;
			break;
		}
	}
	if (eax_in == CPUID_SEV_LEAF) {
		frame->rax |= CPUID_SEV_EAX_SVSM;
	}
	frame->rip += 2;
}

static bool emulate_port(struct trap_frame *frame)
{
	uint8_t opcode = *(const uint8_t *)frame->rip;
	uint64_t info = ((frame->rdx & 0xFFFF) << IOIO_PORT_SHIFT) | IOIO_SIZE_8 | IOIO_ADDR_64;

	if (opcode == OPCODE_OUT) {
		(void)ghcb_ioio(info, frame->rax & 0xFF);
	} else if (opcode == OPCODE_IN) {
		uint64_t value = ghcb_ioio(info | IOIO_IN, 0);

		frame->rax = (frame->rax & ~UINT64_C(0xFF)) | (value & 0xFF);
	} else {
		return false;
	}
	frame->rip += 1;
	return true;
}

static bool emulate_msr(struct trap_frame *frame)
{
	if ((uint32_t)frame->rcx != MSR_SVSM_CAA) {
		return false;
	}
	frame->rax = (uint32_t)svsm_caa_gpa();
	frame->rdx = svsm_caa_gpa() >> 32;
	frame->rip += 2;
	return true;
}

static bool handle_vc(struct trap_frame *frame)
{
	switch (frame->error) {
	case EXIT_CPUID:
		emulate_cpuid(frame);
		return true;
	case EXIT_IOIO:
		return emulate_port(frame);
	case EXIT_MSR:
		return emulate_msr(frame);
	default:
		return false;
	}
}

static NORETURN void report(const struct trap_frame *frame)
{
	console_text("FAIL exception: vector ");
	console_decimal(frame->vector);
	console_text(" error ");
	console_hex(frame->error);
	console_text(" rip ");
	console_hex(frame->rip);
	console_text(" rsp ");
	console_hex(frame->rsp);
	console_line();
	ghcb_terminate(REASON_TRAP);
}

void trap_handle(struct trap_frame *frame)
{
	if (frame->rip == (uintptr_t)entry_probe_insn) {
		frame->rax = (frame->vector << 32) | (uint32_t)frame->error;
		frame->rip = (uintptr_t)entry_probe_fixup;
		return;
	}
	if (frame->vector == TRAP_INTERRUPT && interrupt != NULL) {
		interrupt(frame->rip);
		return;
	}
	if (frame->vector == VECTOR_VC && handle_vc(frame)) {
		return;
	}
	report(frame);
}
