/* One backing page serves the private and the shared life of a guest page. */
#include "host.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/mem.h"
#include "log.h"
#include "memory.h"
#include "npt.h"
#include "params.h"
#include "smp.h"
#include "stats.h"
#include "vcpu.h"

#define SCRAMBLE 0xa5

#define STALE_MAX 1024u

struct stale_range {
	uint64_t gpa;
	uint64_t bytes;
};

struct rmp host_rmp;
static struct stale_range stale[STALE_MAX];
static unsigned int stale_count; /* STALE_MAX + 1: more than could be noted */

uint64_t host_c_bit(void)
{
	return BIT(params.c_bit);
}

void host_init(void)
{
	host_rmp.low_pages = memory_low_end() >> PAGE_SHIFT;
	host_rmp.high_first = MEMORY_4G >> PAGE_SHIFT;
	host_rmp.high_pages = memory_high_bytes() >> PAGE_SHIFT;
	host_rmp.entries = memory_ptr(memory_alloc(
		(host_rmp.low_pages + host_rmp.high_pages) * sizeof(*host_rmp.entries), PAGE_SIZE));
}

/* One 2 MiB piece of a range, or one page where no 2M entry fits; returns the bytes done. */
static uint64_t assign_piece(const struct memory_range *r, uint64_t at)
{
	uint64_t gpa = r->gpa + at;
	uint64_t spa = r->spa + at;

	if (params.rmp == PARAM_RMP_2M && r->bytes - at >= PAGE_2M_SIZE &&
	    rmp_assign(&host_rmp, spa, gpa, RMP_2M) == ERR_OK) {
		return PAGE_2M_SIZE;
	}
	/* Pages of the launch are assigned already. */
	(void)rmp_assign(&host_rmp, spa, gpa, RMP_4K);
	return PAGE_SIZE;
}

void host_assign_all(void)
{
	struct memory_range range;

	for (unsigned int i = 0; memory_range_at(i, &range); i++) {
		for (uint64_t at = 0; at < range.bytes;) {
			at += assign_piece(&range, at);
		}
	}
}

/*
 * A vCPU that runs may hold in its TLB, or be walking to, what is dropped here: it is stopped
 * first. Those that have nothing of the range are left alone.
 */
static bool has_range(struct vcpu *vcpu, uint64_t gpa, uint64_t bytes)
{
	for (unsigned int v = 0; v < VMPL_COUNT; v++) {
		uint64_t root = vcpu->contexts[v].nested_root;

		if (npt_has(root, gpa, bytes) || npt_has(root, gpa | host_c_bit(), bytes)) {
			return true;
		}
	}
	return false;
}

static void drop_range(struct vcpu *vcpu, uint64_t gpa, uint64_t bytes)
{
	for (unsigned int v = 0; v < VMPL_COUNT; v++) {
		uint64_t root = vcpu->contexts[v].nested_root;

		npt_unmap(root, gpa, bytes);
		npt_unmap(root, gpa | host_c_bit(), bytes);
	}
}

void host_flush_range(uint64_t gpa, uint64_t bytes)
{
	for (unsigned int i = 0; i < vcpu_count(); i++) {
		struct vcpu *vcpu = vcpu_at(i);

		if (has_range(vcpu, gpa, bytes)) {
			if (vcpu != smp_holder()) {
				smp_stop(vcpu);
			}
			drop_range(vcpu, gpa, bytes);
		}
	}
}

void host_flush_all(void)
{
	smp_stop_others(smp_holder());
	for (unsigned int i = 0; i < vcpu_count(); i++) {
		for (unsigned int v = 0; v < VMPL_COUNT; v++) {
			npt_flush(vcpu_at(i)->contexts[v].nested_root);
		}
	}
}

void host_note_stale(uint64_t gpa, uint64_t bytes)
{
	if (stale_count < STALE_MAX) {
		stale[stale_count] = (struct stale_range){gpa, bytes};
	}
	stale_count += stale_count <= STALE_MAX ? 1 : 0;
}

void host_flush_stale(void)
{
	if (stale_count > STALE_MAX) {
		host_flush_all();
	}
	for (unsigned int i = 0; i < stale_count && stale_count <= STALE_MAX; i++) {
		host_flush_range(stale[i].gpa, stale[i].bytes);
	}
	stale_count = 0;
}

void host_smash(uint64_t gpa)
{
	uint64_t base = align_down(gpa, PAGE_2M_SIZE);
	uint64_t spa;

	if (memory_find(base, &spa) && rmp_psmash(&host_rmp, spa) == ERR_OK) {
		stats.events[STATS_PSMASH]++;
		host_flush_range(base, PAGE_2M_SIZE);
	}
}

static enum err make_shared_4k(uint64_t gpa)
{
	struct rmp_entry *e;
	uint64_t spa;
	enum err err;

	if (!memory_find(gpa, &spa)) {
		return ERR_ADDRESS;
	}
	e = rmp_entry(&host_rmp, spa);
	if ((e->flags & RMP_ASSIGNED) == 0) {
		return ERR_OK;
	}
	if (e->size == RMP_2M) {
		host_smash(gpa);
	}
	err = rmp_unassign(&host_rmp, spa, RMP_4K);
	if (err == ERR_OK) {
		memset(memory_ptr(spa), 0, PAGE_SIZE);
		host_flush_range(gpa, PAGE_SIZE);
	}
	return err;
}

static enum err make_private_4k(uint64_t gpa)
{
	uint64_t spa;
	enum err err;

	if (!memory_find(gpa, &spa)) {
		return ERR_ADDRESS;
	}
	if (rmp_is_assigned(&host_rmp, spa)) {
		return ERR_OK;
	}
	err = rmp_assign(&host_rmp, spa, gpa, RMP_4K);
	if (err == ERR_OK) {
		memset(memory_ptr(spa), SCRAMBLE, PAGE_SIZE);
		host_flush_range(gpa, PAGE_SIZE);
	}
	return err;
}

/* A whole 2M entry in one go, where there is one. */
static bool try_2m(uint64_t gpa, bool to_private)
{
	uint64_t spa;

	if (params.rmp == PARAM_RMP_4K || !memory_find(gpa, &spa) ||
	    !is_aligned(spa, PAGE_2M_SIZE)) {
		return false;
	}
	if (to_private) {
		if (rmp_assign(&host_rmp, spa, gpa, RMP_2M) != ERR_OK) {
			return false;
		}
		memset(memory_ptr(spa), SCRAMBLE, PAGE_2M_SIZE);
	} else {
		if (rmp_unassign(&host_rmp, spa, RMP_2M) != ERR_OK) {
			return false;
		}
		memset(memory_ptr(spa), 0, PAGE_2M_SIZE);
	}
	host_flush_range(gpa, PAGE_2M_SIZE);
	return true;
}

static enum err convert(uint64_t gpa, enum rmp_page_size size, bool to_private)
{
	uint64_t pages = size == RMP_2M ? PAGES_PER_2M : 1;
	enum err err = ERR_OK;

	if (!is_aligned(gpa, pages * PAGE_SIZE)) {
		return ERR_INVALID;
	}
	if (size == RMP_2M && try_2m(gpa, to_private)) {
		return ERR_OK;
	}
	for (uint64_t i = 0; i < pages && err == ERR_OK; i++) {
		err = to_private ? make_private_4k(gpa + i * PAGE_SIZE)
				 : make_shared_4k(gpa + i * PAGE_SIZE);
	}
	return err;
}

enum err host_make_shared(uint64_t gpa, enum rmp_page_size size)
{
	return convert(gpa, size, false);
}

enum err host_make_private(uint64_t gpa, enum rmp_page_size size)
{
	return convert(gpa, size, true);
}

void *host_shared(uint64_t gpa, uint64_t bytes)
{
	uint64_t spa;

	if (bytes == 0 || bytes > PAGE_SIZE - (gpa & (PAGE_SIZE - 1)) || !memory_find(gpa, &spa) ||
	    rmp_is_assigned(&host_rmp, spa)) {
		return NULL;
	}
	return memory_ptr(spa);
}
