/*
 * Memory and the RMP. Every access and instruction of the kernel passes the simulator's model at
 * VMPL0. The host behind it is a decent one: it splits a 2 MiB entry where 4 KiB are asked for, and
 * assigns a page that was shared when the guest names it privately.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arch/guest.h"
#include "arch/rmp.h"
#include "fake/fake.h"
#include "panic.h"

#define LOW_PAGES  (FAKE_GUEST_PAGES + FAKE_SPARE_PAGES)
#define HIGH_FIRST (REGION_BASE_DEFAULT / PAGE_SIZE)

struct fake_trace fake_trace;

static ALIGNED(0x200000) uint8_t low[LOW_PAGES * PAGE_SIZE];
static ALIGNED(0x200000) uint8_t high[FAKE_REGION_BYTES];
static struct rmp_entry entries[LOW_PAGES + FAKE_REGION_PAGES];
static uint16_t backing[FAKE_GUEST_PAGES]; /* system page of each guest page */
static struct rmp_entry saved_entries[LOW_PAGES + FAKE_REGION_PAGES];
static uint16_t saved_backing[FAKE_GUEST_PAGES];
static pthread_mutex_t model_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool vmsa_is_mapped;
static _Thread_local uint64_t mapped_vmsa;
static bool is_used;

const struct rmp fake_rmp = {
	.entries = entries,
	.low_pages = LOW_PAGES,
	.high_first = HIGH_FIRST,
	.high_pages = FAKE_REGION_PAGES,
};

static uint64_t spa_of(uint64_t gpa)
{
	uint64_t page = gpa / PAGE_SIZE;

	return page < FAKE_GUEST_PAGES ? backing[page] * PAGE_SIZE + gpa % PAGE_SIZE : gpa;
}

void *fake_at(uint64_t gpa)
{
	uint64_t spa = spa_of(gpa);

	if (gpa < FAKE_GUEST_BYTES) {
		return low + spa;
	}
	if (gpa >= REGION_BASE_DEFAULT && gpa - REGION_BASE_DEFAULT < FAKE_REGION_BYTES) {
		return high + (gpa - REGION_BASE_DEFAULT);
	}
	return NULL;
}

struct image_map *fake_image(void)
{
	return (struct image_map *)(void *)high;
}

/* For the test's own set-up: what it asks for has to be possible. */
static void must(bool is_true)
{
	if (!is_true) {
		abort();
	}
}

void fake_memory_reset(void)
{
	if (is_used) { /* a fresh process has zeros, and need not touch them */
		memset(low, 0, sizeof(low));
		memset(high, 0, sizeof(high));
	}
	is_used = true;
	memset(entries, 0, sizeof(entries));
	memset(&fake_trace, 0, sizeof(fake_trace));
	for (uint64_t page = 0; page < FAKE_GUEST_PAGES; page++) {
		backing[page] = (uint16_t)page;
		must(rmp_assign(&fake_rmp, page * PAGE_SIZE, page * PAGE_SIZE, RMP_4K) == ERR_OK);
	}
	for (uint64_t page = HIGH_FIRST; page < HIGH_FIRST + FAKE_REGION_PAGES; page++) {
		must(rmp_launch(&fake_rmp, page * PAGE_SIZE, page * PAGE_SIZE, false) == ERR_OK);
	}
}

void fake_rmp_save(void)
{
	memcpy(saved_entries, entries, sizeof(entries));
	memcpy(saved_backing, backing, sizeof(backing));
}

void fake_rmp_restore(void)
{
	memcpy(entries, saved_entries, sizeof(entries));
	memcpy(backing, saved_backing, sizeof(backing));
}

void fake_take(uint64_t gpa)
{
	must(rmp_unassign(&fake_rmp, spa_of(gpa), RMP_4K) == ERR_OK);
}

void fake_remap(uint64_t gpa, uint64_t system_page)
{
	must(system_page < LOW_PAGES);
	(void)rmp_unassign(&fake_rmp, system_page * PAGE_SIZE, RMP_4K);
	must(rmp_assign(&fake_rmp, system_page * PAGE_SIZE, gpa, RMP_4K) == ERR_OK);
	backing[gpa / PAGE_SIZE] = (uint16_t)system_page;
}

void fake_assign_2m(uint64_t gpa)
{
	for (uint64_t at = gpa; at < gpa + PAGE_2M_SIZE; at += PAGE_SIZE) {
		must(rmp_unassign(&fake_rmp, at, RMP_4K) == ERR_OK);
	}
	must(rmp_assign(&fake_rmp, gpa, gpa, RMP_2M) == ERR_OK);
}

void fake_give(uint64_t gpa, unsigned int vmpl)
{
	uint64_t spa = spa_of(gpa);

	(void)rmp_pvalidate(&fake_rmp, spa, gpa, RMP_4K, true);
	for (unsigned int i = 1; i <= vmpl; i++) {
		(void)rmp_adjust(&fake_rmp, spa, gpa, RMP_4K, 0,
				 RMPADJUST_ATTR(i, VMPL_RWX, false));
	}
	must(fake_may(gpa, vmpl, VMPL_RWX));
}

bool fake_may(uint64_t gpa, unsigned int vmpl, uint8_t access)
{
	return rmp_check(&fake_rmp, spa_of(gpa), gpa, vmpl, access) == RMP_PASS;
}

static bool has_flag(uint64_t gpa, uint8_t flag)
{
	const struct rmp_entry *e = rmp_entry(&fake_rmp, spa_of(gpa));

	return e != NULL && (e->flags & flag) != 0;
}

bool fake_is_validated(uint64_t gpa)
{
	return has_flag(gpa, RMP_VALIDATED);
}

bool fake_is_vmsa(uint64_t gpa)
{
	return has_flag(gpa, RMP_VMSA);
}

bool fake_is_4k(uint64_t gpa)
{
	const struct rmp_entry *e = rmp_entry(&fake_rmp, spa_of(gpa));

	return e != NULL && (e->flags & RMP_ASSIGNED) != 0 && e->size == RMP_4K;
}

void fake_set_running(uint64_t vmsa, bool is_running)
{
	struct rmp_entry *e = rmp_entry(&fake_rmp, spa_of(vmsa));

	must(e != NULL);
	e->flags = (uint8_t)(is_running ? e->flags | RMP_IN_USE : e->flags & ~RMP_IN_USE);
}

void fake_note(struct fake_event event)
{
	if (fake_trace.hook != NULL) {
		fake_trace.hook(&event);
	}
	pthread_mutex_lock(&model_lock);
	if (fake_trace.count < FAKE_EVENTS_MAX) {
		fake_trace.events[fake_trace.count] = event;
	}
	fake_trace.count++;
	fake_trace.flushes += event.op == FAKE_FLUSH;
	pthread_mutex_unlock(&model_lock);
}

/* A copy within one page, if the model lets VMPL0 do it. */
static enum err copy(gpa_t at, void *to, const void *from, size_t bytes)
{
	enum err err = ERR_ADDRESS;

	must(bytes > 0 && bytes <= PAGE_SIZE - gpa_offset(at));
	pthread_mutex_lock(&model_lock);
	if (fake_may(at.value, 0, VMPL_READ | VMPL_WRITE)) {
		memcpy(to != NULL ? to : fake_at(at.value),
		       from != NULL ? from : fake_at(at.value), bytes);
		err = ERR_OK;
	}
	pthread_mutex_unlock(&model_lock);
	return err;
}

enum err arch_guest_read(gpa_t from, void *to, size_t bytes)
{
	fake_note((struct fake_event){ .op = FAKE_READ, .gpa = from.value });
	return copy(from, to, NULL, bytes);
}

enum err arch_guest_write(gpa_t to, const void *from, size_t bytes)
{
	fake_note((struct fake_event){ .op = FAKE_WRITE, .gpa = to.value });
	return copy(to, NULL, from, bytes);
}

enum err arch_guest_zero(gpa_t page, bool is_2m)
{
	static const uint8_t zeros[PAGE_SIZE];
	enum err err = ERR_OK;

	fake_note((struct fake_event){ .op = FAKE_ZERO, .gpa = page.value, .is_2m = is_2m });
	for (uint64_t i = 0; i < (is_2m ? PAGES_PER_2M : 1) && err == ERR_OK; i++) {
		err = copy(gpa_add(page, i * PAGE_SIZE), NULL, zeros, PAGE_SIZE);
	}
	return err;
}

/* One per CPU at a time; the kernel may only ask for a page that VMPL0 owns. */
struct vmsa *arch_vmsa_map(gpa_t page)
{
	must(!vmsa_is_mapped);
	fake_note((struct fake_event){ .op = FAKE_VMSA, .gpa = page.value });
	if (!fake_may(page.value, 0, VMPL_READ | VMPL_WRITE)) {
		panic(PANIC_VALIDATION, "VMSA %lx cannot be reached", page.value);
	}
	vmsa_is_mapped = true;
	mapped_vmsa = page.value;
	return fake_at(page.value);
}

void arch_vmsa_unmap(void)
{
	must(vmsa_is_mapped);
	vmsa_is_mapped = false;
}

static bool is_scripted(struct rmp_result *result)
{
	if (__atomic_add_fetch(&fake_trace.instructions, 1, __ATOMIC_RELAXED) !=
	    fake_trace.fault_at) {
		return false;
	}
	*result = (struct rmp_result){ .status = fake_trace.fault_status,
				       .faulted = fake_trace.fault_status == 0 };
	return true;
}

/* The host at a nested fault of an instruction; true: try again. */
static bool host_resolves(enum rmp_verdict verdict, uint64_t gpa)
{
	uint64_t spa = spa_of(gpa);

	if (verdict == RMP_NPF_SIZE) {
		return rmp_psmash(&fake_rmp, align_down(spa, PAGE_2M_SIZE)) == ERR_OK;
	}
	return verdict == RMP_NPF_RMP && gpa < FAKE_GUEST_BYTES &&
	       rmp_assign(&fake_rmp, align_down(spa, PAGE_SIZE), align_down(gpa, PAGE_SIZE),
			  RMP_4K) == ERR_OK;
}

static struct rmp_result result_of(struct rmp_outcome out)
{
	return (struct rmp_result){
		.status = out.eax,
		.unchanged = out.no_change,
		.faulted = out.verdict != RMP_PASS,
	};
}

struct rmp_result arch_pvalidate(gpa_t page, enum rmp_page_size size, bool validate)
{
	struct rmp_outcome out;
	struct rmp_result result;

	fake_note((struct fake_event){ .op = FAKE_PVALIDATE, .gpa = page.value,
				       .is_2m = size == RMP_2M, .validate = validate });
	if (is_scripted(&result)) {
		return result;
	}
	pthread_mutex_lock(&model_lock);
	do {
		out = rmp_pvalidate(&fake_rmp, spa_of(page.value), page.value, size, validate);
	} while (out.verdict != RMP_PASS && host_resolves(out.verdict, page.value));
	pthread_mutex_unlock(&model_lock);
	return result_of(out);
}

struct rmp_result arch_rmpadjust(gpa_t page, enum rmp_page_size size, unsigned int vmpl,
				 unsigned int permissions, bool vmsa)
{
	struct rmp_outcome out;
	struct rmp_result result;

	fake_note((struct fake_event){ .op = FAKE_ADJUST, .gpa = page.value, .vmpl = vmpl,
				       .is_2m = size == RMP_2M, .perms = permissions,
				       .vmsa = vmsa });
	if (is_scripted(&result)) {
		return result;
	}
	pthread_mutex_lock(&model_lock);
	do {
		out = rmp_adjust(&fake_rmp, spa_of(page.value), page.value, size, 0,
				 RMPADJUST_ATTR(vmpl, permissions, vmsa));
	} while (out.verdict != RMP_PASS && host_resolves(out.verdict, page.value));
	pthread_mutex_unlock(&model_lock);
	return result_of(out);
}

bool arch_vmsa_runs(struct vmsa *mapped, unsigned int other)
{
	struct rmp_outcome out;

	must(vmsa_is_mapped && mapped == fake_at(mapped_vmsa));
	pthread_mutex_lock(&model_lock);
	out = rmp_adjust(&fake_rmp, spa_of(mapped_vmsa), mapped_vmsa, RMP_4K, 0,
			 RMPADJUST_ATTR(other, 0, true));
	pthread_mutex_unlock(&model_lock);
	return out.verdict != RMP_PASS || out.eax != RMP_OK;
}

struct rmp_result arch_rmpadjust_to(gpa_t page, enum rmp_page_size size, unsigned int last,
				    unsigned int permissions)
{
	struct rmp_result result = { .status = RMP_OK };

	for (unsigned int vmpl = 1; vmpl <= last && !result.faulted && result.status == RMP_OK;
	     vmpl++) {
		result = arch_rmpadjust(page, size, vmpl, permissions, false);
	}
	return result;
}

void arch_flush_all(void)
{
	fake_note((struct fake_event){ .op = FAKE_FLUSH });
}
