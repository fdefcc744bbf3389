/* Each CPU gets its own VMSA, stacks, GHCB and per-CPU data from the architecture, and then waits
 * for a guest. */
#include "cpus.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/host.h"
#include "log.h"
#include "mm/pool.h"
#include "vcpu/vcpu.h"

/* Far more than a CPU needs to begin; a host that never runs it is told from one that is slow. */
#define START_TICKS UINT64_C(60000000000)

static _Atomic unsigned int online = 1;

void cpus_online(void)
{
	atomic_fetch_add(&online, 1);
}

/* Which numbers the host uses. A list with doubles would give two CPUs one identity. */
static enum err learn_ids(uint32_t *ids, uint32_t *count)
{
	enum err err = arch_host_apic_ids(ids, vcpu_count(), count);

	if (err == ERR_UNSUPPORTED) {
		log_info("other CPUs: the host does not tell their APIC ids, they stay unused");
		err = ERR_OK;
	}
	for (uint32_t i = 0; i < *count && err == ERR_OK; i++) {
		for (uint32_t j = 0; j < i; j++) {
			err = ids[i] == ids[j] ? ERR_HOST : err;
		}
	}
	return err;
}

static enum err wait_online(unsigned int wanted)
{
	uint64_t start = arch_ticks();

	while (atomic_load(&online) < wanted) {
		if (arch_ticks() - start > START_TICKS) {
			log_error("other CPUs: %u of %u did not begin",
				  wanted - atomic_load(&online), wanted - 1);
			return ERR_HOST;
		}
		__builtin_ia32_pause();
	}
	return ERR_OK;
}

static enum err start_all(const uint32_t *ids, uint32_t count)
{
	enum err err = ERR_OK;

	for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
		vcpu_set_apic_id(i, ids[i]);
		if (i > 0) {
			err = arch_cpu_start(i, ids[i]);
			if (err == ERR_OK) {
				err = wait_online(i + 1);
			}
		}
	}
	return err;
}

enum err cpus_start(const struct image_map *image)
{
	uint32_t *ids = pool_alloc(1);
	uint32_t count = 0;
	enum err err = ids != NULL ? learn_ids(ids, &count) : ERR_NOMEM;

	_Static_assert(CPU_MAX * sizeof(*ids) <= PAGE_SIZE, "the list fits a page");
	if (err == ERR_OK) {
		err = start_all(ids, count);
	}
	if (ids != NULL) {
		pool_free(ids, 1);
	}
	if (err == ERR_OK) {
		vcpu_set_vmpl(image->guest_vmpl);
		log_info("other CPUs: %u of %u run, %zu pages of memory left", count, vcpu_count(),
			 pool_free_pages());
	}
	return err;
}
