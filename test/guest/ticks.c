/*
 * Interrupts of the guest's own timer while it makes calls. The timer is armed for one tick, and
 * the handler arms it for the next: a single one that got lost would be the last. Calls are made
 * with interrupts on, so that one that arrives while VMPL0 runs is taken right behind VMGEXIT.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "check.h"
#include "console.h"
#include "cpu.h"
#include "ghcb.h"
#include "svsm.h"
#include "trap.h"
#include "x86/apic.h"

#define REASON_FAILED 1
#define CALLS	      UINT64_C(TICKS_CALLS)
#define TICKS_MIN     (CALLS / 100)
#define CALLS_MAX     (CALLS * 100)
#define WAIT_SPINS    UINT64_C(100000000)

#define APIC_DIVIDE_1 0xB
#define TIMER_COUNT   100000

NORETURN void guest_main(void);

static volatile uint64_t ticks;
static volatile uint64_t on_return; /* those that were taken right behind VMGEXIT */
static volatile bool goes_on = true;

static void apic_write(uint64_t offset, uint32_t value)
{
	ghcb_mmio_write(APIC_BASE_DEFAULT + offset, value);
}

/* What the interrupted code had begun in the GHCB is put back afterwards. */
static void arm_next(void)
{
	static struct ghcb saved;

	memcpy(&saved, ghcb_page(), sizeof(saved));
	if (goes_on) {
		apic_write(APIC_COUNT, TIMER_COUNT);
	}
	apic_write(APIC_EOI, 0);
	memcpy(ghcb_page(), &saved, sizeof(saved));
}

static void take_tick(uint64_t rip)
{
	static const uint8_t vmgexit[] = {0xf3, 0x0f, 0x01, 0xd9};

	ticks++;
	if (memcmp((const void *)(uintptr_t)(rip - sizeof(vmgexit)), vmgexit, sizeof(vmgexit)) ==
	    0) {
		on_return++;
	}
	arm_next();
}

static void start_timer(void)
{
	trap_take_interrupts(take_tick);
	apic_write(APIC_SPURIOUS, APIC_ENABLED);
	apic_write(APIC_DIVIDE, APIC_DIVIDE_1);
	apic_write(APIC_LVT_TIMER, TRAP_INTERRUPT);
	apic_write(APIC_COUNT, TIMER_COUNT);
	__asm__ volatile("sti" : : : "memory");
}

/* Yields how many calls were made, all of them answered as they have to be. */
static uint64_t make_calls(void)
{
	uint64_t calls = 0;

	while (calls < CALLS_MAX && (calls < CALLS || ticks < TICKS_MIN)) {
		struct client_call call = {
			.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
			.rcx = SVSM_PROTOCOL_VERSIONS(SVSM_PROTOCOL_CORE, SVSM_CORE_VERSION),
		};

		if (client_call(svsm_client(), &call) != ERR_OK || call.rax != SVSM_SUCCESS ||
		    call.rcx != SVSM_PROTOCOL_VERSIONS(1, 1)) {
			break;
		}
		calls++;
	}
	return calls;
}

/* The tick that was armed last comes, and after it no other. */
static bool await_last(void)
{
	uint64_t before;

	__asm__ volatile("cli" : : : "memory");
	goes_on = false;
	before = ticks;
	__asm__ volatile("sti" : : : "memory");
	for (uint64_t i = 0; i < WAIT_SPINS && ticks == before; i++) {
		__asm__ volatile("pause" : : : "memory");
	}
	__asm__ volatile("cli" : : : "memory");
	return ticks == before + 1;
}

static void print(const char *what, uint64_t value)
{
	console_text("ticks: ");
	console_text(what);
	console_decimal(value);
	console_line();
}

void guest_main(void)
{
	uint64_t calls;

	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	svsm_use_event(true);
	start_timer();
	calls = make_calls();
	check_subject("timer ticks: ");
	check_true("the tick armed last still comes, so none was lost", await_last());
	check_true("all calls were made and answered", calls >= CALLS && calls < CALLS_MAX);
	check_true("ticks arrived", ticks >= TICKS_MIN);
	check_true("some arrived while VMPL0 ran, and were taken on return", on_return > 0);
	print("calls: ", calls);
	print("ticks: ", ticks);
	print("taken on return: ", on_return);
	ghcb_terminate(check_end() ? 0 : REASON_FAILED);
}
