/*
 * Services that die: whoever called gets SVSM_ERR_KEEL_SERVICE_DIED, the service starts again for
 * the next call, and core is none the wiser (check_equal() asks it after each case).
 */
#include "base/compiler.h"
#include "cases.h"
#include "check.h"
#include "faulty.h"
#include "svsm.h"

#define FAULTY(call) SVSM_CALL(FAULTY_PROTOCOL, (call))
#define YIELDS	     3
#define WORD	     UINT64_C(0x123456789abcdef0)

static const struct {
	const char *name;
	enum faulty_call call;
} deadly[] = {
	{"#DE", FAULTY_DE},
	{"#DB by INT1", FAULTY_DB},
	{"#BP by INT3", FAULTY_BP},
	{"#OF by INT 4", FAULTY_OF},
	{"#UD", FAULTY_UD},
	{"#GP, address not canonical", FAULTY_GP},
	{"#SS, stack not canonical", FAULTY_SS},
	{"#PF, reads the kernel", FAULTY_READ_KERNEL},
	{"#PF, writes the kernel", FAULTY_WRITE_KERNEL},
	{"#PF, executes the kernel", FAULTY_EXEC_KERNEL},
	{"#PF, reads nothing", FAULTY_READ_UNMAPPED},
	{"#PF, executes nothing", FAULTY_EXEC_UNMAPPED},
	{"#PF, writes its code", FAULTY_WRITE_TEXT},
	{"#PF, writes its constants", FAULTY_WRITE_CONSTANTS},
	{"#PF, executes its data", FAULTY_EXEC_DATA},
	{"#PF, executes its stack", FAULTY_EXEC_STACK},
	{"#PF, executes its message", FAULTY_EXEC_MESSAGE},
	{"stack overflow", FAULTY_STACK_OVERFLOW},
	{"reads past its message buffer", FAULTY_PAST_MESSAGE},
	{"INT 80", FAULTY_INT_80},
	{"INT 29 (#VC)", FAULTY_INT_VC},
	{"INT 28 (#HV)", FAULTY_INT_HV},
	{"INT 2 (NMI)", FAULTY_INT_NMI},
	{"INT 8 (#DF)", FAULTY_INT_DF},
	{"HLT", FAULTY_HLT},
	{"CLI", FAULTY_CLI},
	{"STI", FAULTY_STI},
	{"IN", FAULTY_IN},
	{"OUT", FAULTY_OUT},
	{"RDMSR", FAULTY_RDMSR},
	{"WRMSR", FAULTY_WRMSR},
	{"MOV from CR3", FAULTY_READ_CR3},
	{"MOV to CR3", FAULTY_WRITE_CR3},
	{"MOV to DR7", FAULTY_WRITE_DR7},
	{"LGDT", FAULTY_LGDT},
	{"LIDT", FAULTY_LIDT},
	{"INVLPG", FAULTY_INVLPG},
	{"SWAPGS", FAULTY_SWAPGS},
	{"SYSRET", FAULTY_SYSRET},
	{"IRET to CPL0", FAULTY_IRET_KERNEL},
	{"WBINVD", FAULTY_WBINVD},
	{"VMMCALL", FAULTY_VMMCALL},
	{"PVALIDATE", FAULTY_PVALIDATE},
	{"RMPADJUST", FAULTY_RMPADJUST},
	{"RMPQUERY", FAULTY_RMPQUERY},
	{"INVLPGB", FAULTY_INVLPGB},
	{"TLBSYNC", FAULTY_TLBSYNC},
	{"VMRUN", FAULTY_VMRUN},
	{"RDPMC", FAULTY_RDPMC},
	{"XSETBV", FAULTY_XSETBV},
	{"CLTS", FAULTY_CLTS},
	{"SGDT", FAULTY_SGDT},
	{"SIDT", FAULTY_SIDT},
	{"SLDT", FAULTY_SLDT},
	{"STR", FAULTY_STR},
	{"SMSW", FAULTY_SMSW},
	{"LTR", FAULTY_LTR},
	{"LLDT", FAULTY_LLDT},
	{"WRFSBASE", FAULTY_WRFSBASE},
	{"SYSENTER", FAULTY_SYSENTER},
	{"STAC", FAULTY_STAC},
	{"SSE", FAULTY_SSE},
	{"x87", FAULTY_X87},
	{"SS of the kernel", FAULTY_KERNEL_SS},
	{"far jump to CPL0", FAULTY_KERNEL_CS},
	{"single step", FAULTY_STEP},
	{"#UD with DF, AC, NT", FAULTY_UD_ODD_FLAGS},
	{"#UD with a stack in the kernel", FAULTY_UD_ODD_STACK},
	{"exits", FAULTY_EXIT},
	{"overruns its budget", FAULTY_OVERRUN},
	{"reply of another version", FAULTY_REPLY_VERSION},
	{"reply of another protocol", FAULTY_REPLY_PROTOCOL},
	{"reply to another call", FAULTY_REPLY_CALL},
	{"reply with unknown flags", FAULTY_REPLY_FLAGS},
	{"reply with too long a payload", FAULTY_REPLY_PAYLOAD},
};

static const struct {
	const char *name;
	enum faulty_syscall which;
	enum err want;
} syscalls[] = {
	{"no such system call", FAULTY_SYS_NUMBER, ERR_UNSUPPORTED},
	{"system call with bit 63", FAULTY_SYS_NUMBER_HIGH, ERR_UNSUPPORTED},
	{"no right: page state", FAULTY_SYS_PAGE_STATE, ERR_DENIED},
	{"no right: create a vCPU", FAULTY_SYS_VCPU_CREATE, ERR_DENIED},
	{"no right: delete a vCPU", FAULTY_SYS_VCPU_DELETE, ERR_DENIED},
	{"no right: move a calling area", FAULTY_SYS_REMAP_CA, ERR_DENIED},
	{"no right: write guest memory", FAULTY_SYS_COPY_TO_GUEST, ERR_DENIED},
	{"no right: random", FAULTY_SYS_RANDOM, ERR_DENIED},
	{"no right: deposit", FAULTY_SYS_DEPOSIT, ERR_DENIED},
	{"no right: withdraw", FAULTY_SYS_WITHDRAW, ERR_DENIED},
	{"copy past the buffer", FAULTY_SYS_COPY_PAST_BUFFER, ERR_INVALID},
	{"copy with an offset that wraps", FAULTY_SYS_COPY_OFFSET_WRAPS, ERR_INVALID},
	{"copy of more than a page", FAULTY_SYS_COPY_TOO_LONG, ERR_INVALID},
	{"copy of nothing", FAULTY_SYS_COPY_NOTHING, ERR_INVALID},
	{"log past the buffer", FAULTY_SYS_LOG_PAST_BUFFER, ERR_INVALID},
	{"log of too long a line", FAULTY_SYS_LOG_TOO_LONG, ERR_INVALID},
};

static uint64_t echo(uint64_t value)
{
	struct client_call call = {.rax = FAULTY(FAULTY_ECHO), .rcx = value};

	return svsm_call(&call) == SVSM_SUCCESS ? call.rcx : 0;
}

static void check_deadly(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(deadly); i++) {
		struct client_call call = {.rax = FAULTY(deadly[i].call), .rcx = 1};

		check_subject("service dies: ");
		check_call(deadly[i].name, call, SVSM_ERR_KEEL_SERVICE_DIED);
		check_subject("service lives again after: ");
		check_equal(deadly[i].name, echo(41), 42);
	}
}

static void check_syscalls(void)
{
	check_subject("service is refused: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(syscalls); i++) {
		struct client_call call = {
			.rax = FAULTY(FAULTY_SYSCALL), .rcx = syscalls[i].which, .rdx = RAM_4K};

		(void)svsm_call(&call);
		check_equal(syscalls[i].name, call.rax == SVSM_SUCCESS ? call.rcx : UINT64_MAX,
			    (uint64_t)syscalls[i].want);
	}
}

/* Guest memory as a service sees it: its own SVSM is not in it. */
static void check_copies(void)
{
	const struct {
		const char *name;
		uint64_t gpa;
		enum err want;
	} copies[] = {
		{"copy from the SVSM", svsm_secrets()->svsm_base, ERR_ADDRESS},
		{"copy across pages", svsm_caa_gpa() + 0xFFC, ERR_ADDRESS},
		{"copy from the calling area", svsm_caa_gpa(), ERR_OK},
	};

	check_subject("service: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(copies); i++) {
		struct client_call call = {.rax = FAULTY(FAULTY_SYSCALL),
					   .rcx = FAULTY_SYS_COPY_KERNEL,
					   .rdx = copies[i].gpa};

		(void)svsm_call(&call);
		check_equal(copies[i].name, call.rax == SVSM_SUCCESS ? call.rcx : UINT64_MAX,
			    (uint64_t)copies[i].want);
	}
}

/* The kernel takes nothing over from the state in which a system call finds the CPU. */
static void check_odd(void)
{
	static const char *const names[FAULTY_ODD_COUNT] = {
		[FAULTY_ODD_NOT] = "in order",
		[FAULTY_ODD_FLAGS] = "with DF, AC, NT",
		[FAULTY_ODD_STACK] = "with a stack in the kernel",
		[FAULTY_ODD_SEGMENTS] = "with null selectors",
	};
	static volatile uint64_t word ALIGNED(8);

	check_subject("system call: ");
	for (unsigned int i = 0; i < FAULTY_ODD_COUNT; i++) {
		struct client_call call = {
			.rax = FAULTY(FAULTY_ODD), .rcx = i, .rdx = (uintptr_t)&word};

		word = WORD + i;
		compiler_barrier();
		(void)svsm_call(&call);
		check_equal(names[i], call.rax == SVSM_SUCCESS ? call.rcx : call.rax, WORD + i);
	}
}

static void check_vmgexit(void)
{
	struct client_call call = {.rax = FAULTY(FAULTY_VMGEXIT)};
	uint64_t rax = svsm_call(&call);

	check_subject("service: ");
	check_true("VMGEXIT does no harm",
		   rax == SVSM_SUCCESS || rax == SVSM_ERR_KEEL_SERVICE_DIED);
	check_equal("and it answers after", echo(8), 9);
}

/* INCOMPLETE as often as it yields, the arguments untouched, then the answer. */
static void check_yield(void)
{
	struct client_call call = {.rax = FAULTY(FAULTY_YIELD), .rcx = YIELDS};
	unsigned int incomplete = 0;

	while (svsm_call_pending(&call, 1) == SVSM_ERR_INCOMPLETE && call.rcx == YIELDS &&
	       incomplete <= YIELDS) {
		incomplete++;
		call.rax = FAULTY(FAULTY_YIELD);
	}
	check_subject("service yields: ");
	check_equal("INCOMPLETE each time", incomplete, YIELDS);
	check_equal("then success", call.rax, SVSM_SUCCESS);
	check_equal("then its answer", call.rcx, YIELDS);
}

static uint64_t query(uint32_t protocol)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		.rcx = SVSM_PROTOCOL_VERSIONS(protocol, FAULTY_VERSION),
	};

	(void)svsm_call(&call);
	return call.rcx;
}

/* A service that must not start again with fresh state as if nothing had happened. */
static void check_stays_down(void)
{
	struct client_call good = {.rax = SVSM_CALL(FRAGILE_PROTOCOL, FAULTY_ECHO), .rcx = 1};
	struct client_call bad = {.rax = SVSM_CALL(FRAGILE_PROTOCOL, FAULTY_UD), .rcx = 1};

	check_subject("service that stays down: ");
	check_equal("is offered", query(FRAGILE_PROTOCOL), SVSM_PROTOCOL_VERSIONS(1, 1));
	check_call("answers", good, SVSM_SUCCESS);
	check_call("dies", bad, SVSM_ERR_KEEL_SERVICE_DIED);
	check_call("is down for the next call", good, SVSM_ERR_KEEL_SERVICE_DIED);
	check_equal("is no longer offered", query(FRAGILE_PROTOCOL), 0);
	check_equal("took no other down", echo(7), 8);
}

void cases_faulty(void)
{
	check_subject("");
	if (query(FAULTY_PROTOCOL) == 0) {
		check_skip("services that die", "no faulty service in this image");
		return;
	}
	check_equal("the faulty service answers", echo(1), 2);
	check_deadly();
	check_syscalls();
	check_copies();
	check_odd();
	check_vmgexit();
	check_yield();
	if (query(FRAGILE_PROTOCOL) == 0) {
		check_subject("");
		check_skip("a service that stays down", "no fragile service in this image");
		return;
	}
	check_stays_down();
}
