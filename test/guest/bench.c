/*
 * The bench guest: makes calls in phases that tools/cli/bench.py names and counts.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "bench_phase.h"
#include "console.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "svsm.h"
#include "trap.h"

#define CALLS	      1000
#define LIST_PAGES    500
#define LARGE_PAGES   64
#define REMAPS	      100
#define LONG_LIST     510

#define SMALL_GPA UINT64_C(0x10000000) /* CALLS pages */
#define AREA_GPA  UINT64_C(0x18000000) /* a second calling area */
#define LARGE_GPA UINT64_C(0x20000000) /* LONG_LIST large pages */

NORETURN void guest_main(void);

static uint8_t page[PAGE_SIZE] ALIGNED(4096);

static void query(void)
{
	for (unsigned int i = 0; i < CALLS; i++) {
		struct client_call call = {
			.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
			.rcx = SVSM_PROTOCOL_VERSIONS(SVSM_PROTOCOL_CORE, SVSM_CORE_VERSION),
		};

		bench_expect("query", svsm_call(&call), SVSM_SUCCESS);
	}
}

static void one_by_one(uint64_t base, unsigned int count, uint64_t bytes, uint64_t bits)
{
	for (unsigned int i = 0; i < count; i++) {
		bench_expect("one page", svsm_pvalidate((base + i * bytes) | bits), SVSM_SUCCESS);
	}
}

/* Answers of INCOMPLETE are the client library's to repeat. */
static void by_list(uint64_t base, unsigned int count, uint64_t bytes, uint64_t bits)
{
	struct svsm_list header = { .count = (uint16_t)count };
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_PVALIDATE),
		.rcx = (uintptr_t)page,
	};

	memcpy(page, &header, sizeof(header));
	for (unsigned int i = 0; i < count; i++) {
		uint64_t entry = (base + i * bytes) | bits;

		memcpy(page + sizeof(header) + i * sizeof(entry), &entry, sizeof(entry));
	}
	bench_expect("list", svsm_call(&call), SVSM_SUCCESS);
	memcpy(&header, page, sizeof(header));
	bench_expect("list, next", header.next, count);
}

static void by_lists(uint64_t bits)
{
	for (unsigned int i = 0; i < CALLS; i += LIST_PAGES) {
		by_list(SMALL_GPA + i * PAGE_SIZE, LIST_PAGES, PAGE_SIZE, bits);
	}
}

static void remap(void)
{
	for (unsigned int i = 0; i < REMAPS; i++) {
		bench_expect("remap", svsm_remap(i % 2 == 0 ? AREA_GPA : CAA_GPA), SVSM_SUCCESS);
	}
}

/* What the SVSM's zeroing of a page costs on this clock, by the same instruction. */
static void zero_page(void)
{
	uint64_t ticks = 0;

	/* The second time, nothing is executed for the first time any more. */
	for (unsigned int i = 0; i < 2; i++) {
		void *to = page;
		uint64_t words = sizeof(page) / sizeof(uint64_t);
		uint64_t none = cpu_rdtsc();
		uint64_t start = cpu_rdtsc();

		__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(UINT64_C(0)) : "memory");
		ticks = cpu_rdtsc() - start - (start - none);
	}
	console_text("bench: zeroing a page ticks ");
	console_decimal(ticks);
	console_line();
}

/* The host is told before, as it has to be on a host that starts with shared memory. */
static void prepare(void)
{
	bool done = true;

	for (uint64_t i = 0; i < CALLS; i++) {
		done = done && ghcb_page_state(SMALL_GPA + i * PAGE_SIZE, false, true);
	}
	for (uint64_t i = 0; i < LONG_LIST; i++) {
		done = done && ghcb_page_state(LARGE_GPA + i * PAGE_2M_SIZE, true, true);
	}
	bench_expect("page state", done, true);
	svsm_accept(AREA_GPA);
}

void guest_main(void)
{
	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	prepare();
	bench_phase(0);
	query();
	svsm_use_event(true);
	bench_phase(1);
	query();
	bench_phase(2);
	one_by_one(SMALL_GPA, CALLS, PAGE_SIZE, SVSM_PVALIDATE_VALIDATE);
	bench_phase(3);
	one_by_one(SMALL_GPA, CALLS, PAGE_SIZE, 0);
	bench_phase(4);
	by_lists(SVSM_PVALIDATE_VALIDATE);
	bench_phase(5);
	by_lists(0);
	bench_phase(6);
	one_by_one(LARGE_GPA, LARGE_PAGES, PAGE_2M_SIZE,
		   SVSM_PVALIDATE_2M | SVSM_PVALIDATE_VALIDATE);
	bench_phase(7);
	one_by_one(LARGE_GPA, LARGE_PAGES, PAGE_2M_SIZE, SVSM_PVALIDATE_2M);
	bench_phase(8);
	remap();
	bench_phase(9);
	by_list(LARGE_GPA, LONG_LIST, PAGE_2M_SIZE, SVSM_PVALIDATE_2M | SVSM_PVALIDATE_VALIDATE);
	bench_phase(10);
	zero_page();
	console_text("bench: done");
	console_line();
	ghcb_terminate(0);
}
