/* Who am I, what time is it, randomness, and how to stop: all settable. */
#include "arch/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake/fake.h"
#include "vcpu/cpus.h"

#define CONSOLE_BYTES 65536

struct fake_cpu fake_cpu;

static _Thread_local unsigned int cpu_index;
static char console[CONSOLE_BYTES];
static size_t console_bytes;

void fake_set_cpu(unsigned int index)
{
	cpu_index = index;
}

const char *fake_console(void)
{
	return console;
}

void fake_console_clear(void)
{
	memset(console, 0, sizeof(console));
	console_bytes = 0;
}

unsigned int arch_cpu_index(void)
{
	return cpu_index;
}

void arch_idle(void)
{
	if (fake_cpu.idle != NULL) {
		fake_cpu.idle();
	}
}

/* The new CPU gets as far as to say that it is there; a test runs it by fake_set_cpu(). */
enum err arch_cpu_start(unsigned int index, uint32_t apic_id)
{
	(void)index;
	(void)apic_id;
	if (fake_cpu.start_err == ERR_OK && !fake_cpu.start_is_silent) {
		cpus_online();
	}
	fake_cpu.started++;
	return fake_cpu.start_err;
}

uint64_t arch_ticks(void)
{
	return __atomic_add_fetch(&fake_cpu.ticks, fake_cpu.ticks_step, __ATOMIC_RELAXED);
}

/* Not random at all, but never zero: a test can see that bytes were written. */
enum err arch_random(void *dst, size_t bytes)
{
	if (fake_cpu.random_fails) {
		return ERR_FAULT;
	}
	memset(dst, 0xA5, bytes);
	return ERR_OK;
}

/* Without the exit handlers: the process is a child of the test's. */
void arch_terminate(unsigned int reason)
{
	if (fake_cpu.exits_on_panic) {
		_exit(FAKE_EXIT_PANIC + (int)reason);
	}
	fprintf(stderr, "%.*s\n", (int)console_bytes, console);
	abort();
}

/* The last byte stays zero. The caller (kernel/log.c) holds its lock. */
void arch_console_write(const char *text, size_t bytes)
{
	size_t room = sizeof(console) - 1 - console_bytes;

	if (fake_cpu.console != NULL) {
		fake_cpu.console();
	}
	bytes = bytes < room ? bytes : room;
	memcpy(console + console_bytes, text, bytes);
	console_bytes += bytes;
}
