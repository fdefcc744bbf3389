/*
 * The faulty service. Each deadly call is one function that must not come back; if it does, the
 * caller gets SVSM_SUCCESS and the test fails.
 */
#include "faulty.h"

#include <stdbool.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "msg/image.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "svsm/protocol.h"
#include "svsm/result.h"
#include "x86/regs.h"

#define UNMAPPED      UINT64_C(0x00300000) /* below every image */
#define NOT_CANONICAL UINT64_C(0x8000000000000000)
#define MSR_STAR      0xC0000081
#define STACK_BYTES   (SERVICE_STACK_PAGES * PAGE_SIZE)
#define RET	      0xC3

static const uint64_t constants[2] = {1, 2};
static uint8_t code_in_data[16] = {RET};

enum err service_init(void)
{
	return ERR_OK;
}

static void call_address(uint64_t address)
{
	__asm__ volatile("call *%0" : : "r"(address) : "memory");
}

static void read_address(uint64_t address)
{
	(void)*(const volatile uint64_t *)address;
}

static void write_address(uint64_t address)
{
	*(volatile uint64_t *)address = 0;
}

static void run_on_stack(void)
{
	volatile uint8_t code[16];

	code[0] = RET;
	call_address((uintptr_t)code);
}

/* Goes down page by page until the guard page ends it. */
static void overflow_stack(void)
{
	uint64_t here = (uintptr_t)__builtin_frame_address(0);

	for (uint64_t at = here; at > here - 2 * STACK_BYTES; at -= PAGE_SIZE) {
		write_address(align_down(at, 16));
	}
}

/* Faults by the exceptions' own instructions. */
static void raise(uint32_t call)
{
	switch (call) {
	case FAULTY_DE:
		__asm__ volatile("xorl %%edx, %%edx; xorl %%ecx, %%ecx; divl %%ecx"
				 :
				 : "a"(1)
				 : "ecx", "edx", "cc");
		break;
	case FAULTY_DB:
		__asm__ volatile(".byte 0xf1"); /* INT1 */
		break;
	case FAULTY_BP:
		__asm__ volatile("int3");
		break;
	case FAULTY_OF:
		__asm__ volatile("int $4");
		break;
	case FAULTY_UD:
		__asm__ volatile("ud2");
		break;
	case FAULTY_GP:
		read_address(NOT_CANONICAL);
		break;
	case FAULTY_SS:
		__asm__ volatile("mov %%rsp, %%rcx; mov %0, %%rsp; pop %%rax; mov %%rcx, %%rsp"
				 :
				 : "r"(NOT_CANONICAL)
				 : "rax", "rcx", "memory");
		break;
	default:
		break;
	}
}

static void touch(uint32_t call, struct msg_header *reply)
{
	uint64_t buffer = (uintptr_t)service_buffer(reply);

	switch (call) {
	case FAULTY_READ_KERNEL:
		read_address(KERNEL_VA);
		break;
	case FAULTY_WRITE_KERNEL:
		write_address(KERNEL_VA);
		break;
	case FAULTY_EXEC_KERNEL:
		call_address(KERNEL_LINK_VA);
		break;
	case FAULTY_READ_UNMAPPED:
		read_address(UNMAPPED);
		break;
	case FAULTY_EXEC_UNMAPPED:
		call_address(UNMAPPED);
		break;
	case FAULTY_WRITE_TEXT:
		write_address((uintptr_t)service_handle);
		break;
	case FAULTY_WRITE_CONSTANTS:
		write_address((uintptr_t)constants);
		break;
	case FAULTY_EXEC_DATA:
		call_address((uintptr_t)code_in_data);
		break;
	case FAULTY_EXEC_STACK:
		run_on_stack();
		break;
	case FAULTY_EXEC_MESSAGE:
		service_buffer(reply)->scratch[0] = RET;
		call_address((uintptr_t)service_buffer(reply)->scratch);
		break;
	case FAULTY_STACK_OVERFLOW:
		overflow_stack();
		break;
	case FAULTY_PAST_MESSAGE:
		read_address(buffer + sizeof(struct msg_buffer));
		break;
	default:
		break;
	}
}

/* Software interrupts: vectors that the CPU raises, from an instruction that must not. */
static void interrupt(uint32_t call)
{
	switch (call) {
	case FAULTY_INT_80:
		__asm__ volatile("int $0x80" : : : "memory");
		break;
	case FAULTY_INT_VC:
		__asm__ volatile("int $29" : : : "memory");
		break;
	case FAULTY_INT_HV:
		__asm__ volatile("int $28" : : : "memory");
		break;
	case FAULTY_INT_NMI:
		__asm__ volatile("int $2" : : : "memory");
		break;
	case FAULTY_INT_DF:
		__asm__ volatile("int $8" : : : "memory");
		break;
	default:
		break;
	}
}

static void leave_to_kernel(void)
{
	/* RIP, CS of the kernel (whatever selector: RPL 0), RFLAGS, RSP, SS. */
	__asm__ volatile("mov %%rsp, %%rcx; push $0; push %%rcx; push $2; push $8; push %0; iretq"
			 :
			 : "r"(KERNEL_LINK_VA)
			 : "rcx", "memory");
}

/* Instructions that belong to CPL0: flags, ports, MSRs, control registers. */
static void privileged_registers(uint32_t call)
{
	switch (call) {
	case FAULTY_HLT:
		__asm__ volatile("hlt");
		break;
	case FAULTY_CLI:
		__asm__ volatile("cli");
		break;
	case FAULTY_STI:
		__asm__ volatile("sti");
		break;
	case FAULTY_IN:
		__asm__ volatile("inb %%dx, %%al" : : "d"(0x2F8) : "rax");
		break;
	case FAULTY_OUT:
		__asm__ volatile("outb %%al, %%dx" : : "d"(0x2F8), "a"('!'));
		break;
	case FAULTY_RDMSR:
		__asm__ volatile("rdmsr" : : "c"(MSR_STAR) : "rax", "rdx");
		break;
	case FAULTY_WRMSR:
		__asm__ volatile("wrmsr" : : "c"(MSR_STAR), "a"(0), "d"(0));
		break;
	case FAULTY_READ_CR3:
		__asm__ volatile("mov %%cr3, %%rax" : : : "rax");
		break;
	case FAULTY_WRITE_CR3:
		__asm__ volatile("mov %0, %%cr3" : : "r"(UINT64_C(0)));
		break;
	case FAULTY_WRITE_DR7:
		__asm__ volatile("mov %0, %%dr7" : : "r"(UINT64_C(0x400)));
		break;
	default:
		break;
	}
}

/* And those on tables, the TLB, caches, and the way between rings and to the host. */
static void privileged_rest(uint32_t call)
{
	static const uint8_t table[10];

	switch (call) {
	case FAULTY_LGDT:
		__asm__ volatile("lgdt %0" : : "m"(table));
		break;
	case FAULTY_LIDT:
		__asm__ volatile("lidt %0" : : "m"(table));
		break;
	case FAULTY_INVLPG:
		__asm__ volatile("invlpg %0" : : "m"(table));
		break;
	case FAULTY_SWAPGS:
		__asm__ volatile("swapgs");
		break;
	case FAULTY_SYSRET:
		__asm__ volatile("sysretq" : : : "memory");
		break;
	case FAULTY_IRET_KERNEL:
		leave_to_kernel();
		break;
	case FAULTY_WBINVD:
		__asm__ volatile("wbinvd");
		break;
	case FAULTY_VMMCALL:
		__asm__ volatile("vmmcall" : : "a"(0));
		break;
	case FAULTY_PVALIDATE:
		__asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
				 :
				 : "a"(constants), "c"(0), "d"(0)
				 : "cc");
		break;
	case FAULTY_RMPADJUST:
		__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
				 :
				 : "a"(constants), "c"(0), "d"(0x0F01)
				 : "cc");
		break;
	default:
		break;
	}
}

/* What else user code has no business with: other RMP instructions, SVM, what UMIP hides. */
static void privileged_more(uint32_t call)
{
	static uint8_t table[10];

	switch (call) {
	case FAULTY_RMPQUERY:
		__asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xfd"
				 :
				 : "a"(constants), "d"(1)
				 : "rcx", "cc");
		break;
	case FAULTY_INVLPGB:
		__asm__ volatile(".byte 0x0f, 0x01, 0xfe" : : "a"(0), "c"(0), "d"(0));
		break;
	case FAULTY_TLBSYNC:
		__asm__ volatile(".byte 0x0f, 0x01, 0xff");
		break;
	case FAULTY_VMRUN:
		__asm__ volatile("vmrun" : : "a"(constants));
		break;
	case FAULTY_RDPMC:
		__asm__ volatile("rdpmc" : : "c"(0) : "rax", "rdx");
		break;
	case FAULTY_XSETBV:
		__asm__ volatile("xsetbv" : : "a"(1), "c"(0), "d"(0));
		break;
	case FAULTY_CLTS:
		__asm__ volatile("clts");
		break;
	case FAULTY_SGDT:
		__asm__ volatile("sgdt %0" : "=m"(table));
		break;
	case FAULTY_SIDT:
		__asm__ volatile("sidt %0" : "=m"(table));
		break;
	case FAULTY_SLDT:
		__asm__ volatile("sldt %%ax" : : : "rax");
		break;
	case FAULTY_STR:
		__asm__ volatile("str %%ax" : : : "rax");
		break;
	case FAULTY_SMSW:
		__asm__ volatile("smsw %%ax" : : : "rax");
		break;
	case FAULTY_LTR:
		__asm__ volatile("ltr %%ax" : : "a"(0));
		break;
	case FAULTY_LLDT:
		__asm__ volatile("lldt %%ax" : : "a"(0));
		break;
	default:
		break;
	}
}

#define KERNEL_CS_RPL0 0x08
#define ODD_FLAGS      (RFLAGS_DF | RFLAGS_AC | RFLAGS_NT | RFLAGS_ONE)

static void far_jump(void)
{
	static const struct {
		uint32_t offset;
		uint16_t selector;
	} PACKED target = {(uint32_t)SERVICE_IMAGE_VA, KERNEL_CS_RPL0};

	__asm__ volatile("ljmp *%0" : : "m"(target) : "memory");
}

/* States of the CPU that a kernel must not take over when an exception brings it in. */
static void odd_fault(uint32_t call)
{
	switch (call) {
	case FAULTY_WRFSBASE:
		__asm__ volatile("wrfsbase %0" : : "r"(UINT64_C(0)));
		break;
	case FAULTY_SYSENTER:
		__asm__ volatile("sysenter" : : : "memory");
		break;
	case FAULTY_STAC:
		__asm__ volatile("stac");
		break;
	case FAULTY_X87:
		__asm__ volatile("fninit; fld1");
		break;
	case FAULTY_SSE:
		__asm__ volatile("xorps %xmm0, %xmm0");
		break;
	case FAULTY_KERNEL_SS:
		__asm__ volatile("mov %0, %%ss" : : "r"(0x10));
		break;
	case FAULTY_KERNEL_CS:
		far_jump();
		break;
	case FAULTY_STEP:
		__asm__ volatile("push %0; popfq; nop"
				 :
				 : "r"(RFLAGS_TF | RFLAGS_ONE)
				 : "cc", "memory");
		break;
	case FAULTY_UD_ODD_FLAGS:
		__asm__ volatile("push %0; popfq; ud2" : : "r"(ODD_FLAGS) : "cc", "memory");
		break;
	case FAULTY_UD_ODD_STACK:
		__asm__ volatile("mov %0, %%rsp; ud2" : : "r"(KERNEL_VA + 0x2000) : "memory");
		break;
	default:
		break;
	}
}

/* One system call with three arguments, with something done before and undone after it. */
#define ODD_SYSCALL(before, after)                                                                 \
	__asm__ volatile(before "; syscall; " after                                                \
			 : "+a"(number), "+d"(bytes)                                               \
			 : "D"(gpa), "S"(offset), "r"(flags), "r"(kernel)                          \
			 : "rcx", "r11", "r12", "r10", "cc", "memory")

static enum err odd_copy(uint64_t which, uint64_t gpa)
{
	uint64_t number = SYS_COPY_FROM_GUEST;
	uint64_t bytes = sizeof(uint64_t);
	uint64_t offset = SERVICE_SCRATCH;
	register uint64_t flags __asm__("r8") = ODD_FLAGS;
	register uint64_t kernel __asm__("r9") = KERNEL_VA + 0x2000;

	switch (which) {
	case FAULTY_ODD_NOT:
		ODD_SYSCALL("nop", "nop");
		break;
	case FAULTY_ODD_FLAGS:
		ODD_SYSCALL("push %%r8; popfq", "push $2; popfq");
		break;
	case FAULTY_ODD_STACK:
		ODD_SYSCALL("mov %%rsp, %%r12; mov %%r9, %%rsp", "mov %%r12, %%rsp");
		break;
	case FAULTY_ODD_SEGMENTS:
		ODD_SYSCALL("xor %%ecx, %%ecx; mov %%ecx, %%ds; mov %%ecx, %%es; mov %%ecx, %%fs;"
			    "mov %%ecx, %%gs",
			    "nop");
		break;
	default:
		return ERR_UNSUPPORTED;
	}
	return (enum err)number;
}

static void odd(const struct msg_header *request, struct msg_header *reply)
{
	enum err err = odd_copy(request->rcx, request->rdx);

	memcpy(&reply->rcx, service_buffer(reply)->scratch, sizeof(reply->rcx));
	reply->result = svsm_result(err);
}

/* What the service does to the protocol with its kernel. */
static void misbehave(uint32_t call, struct msg_header *reply)
{
	switch (call) {
	case FAULTY_EXIT:
		sys_exit();
	case FAULTY_OVERRUN:
		for (;;) {
			(void)sys_time_left();
		}
	case FAULTY_REPLY_VERSION:
		reply->version = MSG_VERSION + 1;
		break;
	case FAULTY_REPLY_PROTOCOL:
		reply->protocol = SVSM_PROTOCOL_CORE;
		break;
	case FAULTY_REPLY_CALL:
		reply->call++;
		break;
	case FAULTY_REPLY_FLAGS:
		reply->flags = MSG_FROM_PEER;
		break;
	case FAULTY_REPLY_PAYLOAD:
		reply->payload_bytes = MSG_PAYLOAD_BYTES + 1;
		break;
	default:
		break;
	}
}

/* System calls that the kernel has to refuse, by which and with what. */
static enum err bad_syscall(uint64_t which, uint64_t gpa)
{
	static const struct {
		uint64_t number, a, b, c;
	} calls[FAULTY_SYS_COUNT] = {
		[FAULTY_SYS_NUMBER] = {SYS_END, 0, 0, 0},
		[FAULTY_SYS_NUMBER_HIGH] = {BIT(63) | SYS_LOG, SERVICE_SCRATCH, 1, 0},
		[FAULTY_SYS_PAGE_STATE] = {SYS_PAGE_STATE, SERVICE_SCRATCH, 1, 0},
		[FAULTY_SYS_VCPU_CREATE] = {SYS_VCPU_CREATE, 0x5000, 0x6000, 0},
		[FAULTY_SYS_VCPU_DELETE] = {SYS_VCPU_DELETE, 0x5000, 0, 0},
		[FAULTY_SYS_REMAP_CA] = {SYS_REMAP_CA, 0x5000, 0, 0},
		[FAULTY_SYS_COPY_TO_GUEST] = {SYS_COPY_TO_GUEST, 0, SERVICE_SCRATCH, 8},
		[FAULTY_SYS_RANDOM] = {SYS_RANDOM, SERVICE_SCRATCH, 8, 0},
		[FAULTY_SYS_DEPOSIT] = {SYS_DEPOSIT, SERVICE_SCRATCH, 1, 0},
		[FAULTY_SYS_WITHDRAW] = {SYS_WITHDRAW, SERVICE_SCRATCH, 1, 0},
		[FAULTY_SYS_COPY_PAST_BUFFER] = {SYS_COPY_FROM_GUEST, 0,
						 sizeof(struct msg_buffer) - 4, 8},
		[FAULTY_SYS_COPY_OFFSET_WRAPS] = {SYS_COPY_FROM_GUEST, 0, UINT64_MAX - 3, 8},
		[FAULTY_SYS_COPY_TOO_LONG] = {SYS_COPY_FROM_GUEST, 0, 0, PAGE_SIZE + 1},
		[FAULTY_SYS_COPY_NOTHING] = {SYS_COPY_FROM_GUEST, 0, SERVICE_SCRATCH, 0},
		[FAULTY_SYS_LOG_PAST_BUFFER] = {SYS_LOG, sizeof(struct msg_buffer), 1, 0},
		[FAULTY_SYS_LOG_TOO_LONG] = {SYS_LOG, SERVICE_SCRATCH, SYS_LOG_BYTES_MAX + 1, 0},
		[FAULTY_SYS_COPY_KERNEL] = {SYS_COPY_FROM_GUEST, 0, SERVICE_SCRATCH, 8},
	};
	bool is_copy;

	if (which >= FAULTY_SYS_COUNT) {
		return ERR_UNSUPPORTED;
	}
	is_copy = calls[which].number == SYS_COPY_FROM_GUEST ||
		  calls[which].number == SYS_COPY_TO_GUEST;
	return (enum err)rt_syscall(calls[which].number, is_copy ? gpa : calls[which].a,
				    calls[which].b, calls[which].c)
		.err;
}

static void yield(uint64_t times, struct msg_header *reply)
{
	uint64_t resumed = 0;

	while (resumed < times && sys_yield() == ERR_OK) {
		resumed++;
	}
	reply->rcx = resumed;
}

#define MANIFEST_YIELDS 3

/* Asked by a peer. */
static void manifest(uint64_t version, struct msg_header *reply)
{
	uint8_t *out = service_buffer(reply)->out;

	reply->payload_bytes = sizeof(FAULTY_MANIFEST) - 1;
	memcpy(out, FAULTY_MANIFEST, reply->payload_bytes);
	switch (version) {
	case FAULTY_MANIFEST_TEXT:
		break;
	case FAULTY_MANIFEST_YIELDS:
		yield(MANIFEST_YIELDS, reply);
		break;
	case FAULTY_MANIFEST_FULL:
		reply->payload_bytes = MSG_PAYLOAD_BYTES;
		memset(out, 'F', MSG_PAYLOAD_BYTES);
		break;
	case FAULTY_MANIFEST_TOO_LONG:
		reply->payload_bytes = MSG_PAYLOAD_BYTES + 1;
		break;
	case FAULTY_MANIFEST_EXIT:
		sys_exit();
	default:
		reply->payload_bytes = 0;
		reply->result = SVSM_ERR_INVALID_PARAMETER;
		break;
	}
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	uint32_t call = request->call;

	if (call == MSG_CALL_MANIFEST && (request->flags & MSG_FROM_PEER) != 0) {
		manifest(request->rcx, reply);
		return;
	}
	reply->flags = MSG_SET_RCX;
	if (call == FAULTY_ECHO) {
		reply->rcx = request->rcx + 1;
	} else if (call == FAULTY_YIELD) {
		yield(request->rcx, reply);
	} else if (call == FAULTY_SYSCALL) {
		reply->rcx = (uint64_t)bad_syscall(request->rcx, request->rdx);
	} else if (call == FAULTY_ODD) {
		odd(request, reply);
	} else if (call == FAULTY_VMGEXIT) {
		__asm__ volatile("rep; vmmcall" : : : "memory");
	} else if (call >= FAULTY_FIRST_DEADLY && call < FAULTY_DEADLY_END) {
		raise(call);
		touch(call, reply);
		interrupt(call);
		privileged_registers(call);
		privileged_rest(call);
		privileged_more(call);
		odd_fault(call);
		misbehave(call, reply);
	} else {
		reply->flags = 0;
		reply->result = SVSM_ERR_UNSUPPORTED_CALL;
	}
}
