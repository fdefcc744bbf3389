/* Exact numbers need one constant: what the simulator executes between its two readings. */
#include "stay.h"

#include <stddef.h>

#include "log.h"
#include "params.h"
#include "snp/ghcb.h"

#define MAX_CALLS 48

struct call_stays {
	uint64_t call;
	uint64_t count;
	uint64_t total;
	uint64_t longest;
};

static struct call_stays calls[MAX_CALLS];
static unsigned int call_count;
static uint64_t boot;
static uint64_t longest;

/*
 * The first run of all executes nothing: its nested tables are empty, so it cannot even fetch. What
 * the TSC counts then is the simulator's own.
 */
static uint64_t own_ticks;
static bool has_own_ticks;

/* TCG does not count the instruction that is intercepted; the guest has executed it. */
static bool ended_with_an_instruction(uint64_t exit_code)
{
	return exit_code != EXIT_NPF && exit_code != EXIT_NMI;
}

void stay_add(struct stay *stay, uint64_t ticks, uint64_t exit_code)
{
	if (!params.icount) {
		stay->ticks += ticks;
		return;
	}
	if (!has_own_ticks) {
		if (exit_code != EXIT_NPF) {
			log_fatal("icount: the first run of VMPL0 ends with exit 0x%lx, not with a "
				  "fetch that fails",
				  exit_code);
		}
		own_ticks = ticks;
		has_own_ticks = true;
	}
	stay->ticks += ticks - own_ticks + ended_with_an_instruction(exit_code);
}

static struct call_stays *find(uint64_t call)
{
	unsigned int i = 0;

	while (i < call_count && calls[i].call != call) {
		i++;
	}
	if (i == call_count && call_count < MAX_CALLS) {
		calls[call_count++].call = call;
	}
	return i < call_count ? &calls[i] : NULL;
}

void stay_end(struct stay *stay)
{
	if (!stay->is_booted) {
		boot = stay->ticks > boot ? stay->ticks : boot;
	} else if (stay->ticks > longest) {
		longest = stay->ticks;
	}
	stay->is_booted = true;
	stay->ticks = 0;
}

void stay_end_call(struct stay *stay, uint64_t call, uint64_t result)
{
	struct call_stays *s = find(call);
	uint64_t ticks = stay->ticks;

	if (s != NULL) {
		s->count++;
		s->total += ticks;
		s->longest = ticks > s->longest ? ticks : s->longest;
	}
	if (params.trace_calls) {
		log_line("call %u.%u result 0x%08lx ticks %lu", (uint32_t)(call >> 32),
			 (uint32_t)call, result, ticks);
	}
	stay_end(stay);
}

/* A number of instructions, or null: without -icount the TSC is about time. */
static void write_instructions(const char *name, uint64_t ticks)
{
	if (params.icount) {
		log_part("\"%s\": %lu, ", name, ticks);
	} else {
		log_part("\"%s\": null, ", name);
	}
}

void stay_write(void)
{
	log_part("\"stays\": {");
	for (unsigned int i = 0; i < call_count; i++) {
		const struct call_stays *s = &calls[i];

		log_part("%s\"%u.%u\": {\"count\": %lu, \"ticks\": %lu, \"longest_ticks\": %lu}",
			 i == 0 ? "" : ", ", (uint32_t)(s->call >> 32), (uint32_t)s->call, s->count,
			 s->total, s->longest);
	}
	log_part("}, \"boot_ticks\": %lu, \"longest_stay_ticks\": %lu, ", boot, longest);
	write_instructions("boot_instructions", boot);
	write_instructions("longest_stay_instructions", longest);
}
