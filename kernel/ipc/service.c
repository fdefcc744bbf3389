/*
 * States of a service and of its part on each CPU. Its lock guards `up`, `starting`, `inside` and
 * every `place`; it is never held while the service runs. The part of a CPU that runs is that CPU's
 * alone. A dead service is made anew by the first call after the last CPU left it, if its table
 * entry says so.
 */
#include "service.h"

#include "arch/cpu.h"
#include "base/mem.h"
#include "ipc/loader.h"
#include "ipc/run.h"
#include "lock.h"
#include "log.h"
#include "mm/pool.h"
#include "panic.h"
#include "vcpu/vcpu.h"

enum place {
	PLACE_FRESH, /* at its entry point */
	PLACE_READY, /* waits for a request */
	PLACE_PARKED, /* yielded inside the call that `parked` names */
	PLACE_INSIDE, /* runs: nobody else changes it */
};

struct service_cpu {
	struct loaded_cpu memory;
	struct run_cpu run;
	enum place place;
	struct route_call parked;
};

struct service {
	const struct service_entry *entry;
	struct lock lock;
	bool up;
	bool starting; /* one CPU makes it anew */
	bool initialised;
	unsigned int inside; /* CPUs in a call, parked ones included */
	struct loaded loaded;
	struct service_cpu *cpus; /* vcpu_count() of them */
};

static struct service services[IMAGE_SERVICES];

static const struct image_service *find_image(const struct image_map *image, const char *name)
{
	for (unsigned int i = 0; i < image->service_count && i < IMAGE_SERVICES; i++) {
		const char *have = image->services[i].name;
		unsigned int n = 0;

		while (n < IMAGE_NAME_BYTES && have[n] == name[n] && name[n] != '\0') {
			n++;
		}
		if (n == IMAGE_NAME_BYTES || (have[n] == '\0' && name[n] == '\0')) {
			return &image->services[i];
		}
	}
	return NULL;
}

static void reset_cpus(struct service *s)
{
	for (unsigned int i = 0; i < vcpu_count(); i++) {
		loader_reset_cpu(&s->loaded, &s->cpus[i].memory, i, false, &s->cpus[i].run.ctx);
		s->cpus[i].place = PLACE_FRESH;
	}
	s->initialised = false;
}

static enum err load(struct service *s, const struct image_service *image)
{
	size_t bytes = vcpu_count() * sizeof(*s->cpus);
	enum err err = loader_load(&s->loaded, image);

	s->cpus = pool_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
	if (err == ERR_OK && s->cpus == NULL) {
		err = ERR_NOMEM;
	}
	for (unsigned int i = 0; i < vcpu_count() && err == ERR_OK; i++) {
		err = loader_add_cpu(&s->loaded, &s->cpus[i].memory, i);
		s->cpus[i].run.msg = s->cpus[i].memory.msg;
	}
	if (err == ERR_OK) {
		reset_cpus(s);
		s->up = true;
	}
	return err;
}

/* Brings this CPU's part from its entry point to where it waits for requests. */
static enum run_end make_ready(struct service *s, struct service_cpu *c)
{
	enum run_end end;

	c->run.ctx.rsi = !s->initialised;
	s->initialised = true;
	end = run_start(s->entry, &s->loaded.space, &c->run);
	return end == RUN_REPLIED ? RUN_REPLIED : RUN_DIED;
}

/*
 * With the lock and nobody inside: all parts go back to the measured image, and service_init() runs
 * before any other CPU can enter. It may never come back, so the lock is given up meanwhile.
 */
static void restart(struct service *s, struct service_cpu *c)
{
	bool is_ready;

	log_notice("service %s: restarted from its measured image", s->entry->name);
	loader_reset(&s->loaded);
	reset_cpus(s);
	s->starting = true;
	lock_release(&s->lock);
	is_ready = make_ready(s, c) == RUN_REPLIED;
	lock_take(&s->lock);
	s->starting = false;
	s->up = is_ready;
	c->place = PLACE_READY;
}

static bool same_call(const struct route_call *a, const struct route_call *b)
{
	return a->protocol == b->protocol && a->call == b->call && a->vmpl == b->vmpl &&
	       a->rcx == b->rcx && a->rdx == b->rdx && a->r8 == b->r8 && a->r9 == b->r9;
}

/* With the lock. */
static enum err may_enter(struct service *s, struct service_cpu *c)
{
	if (s->starting) {
		return ERR_BUSY;
	}
	if (!s->up && s->inside == 0 && s->entry->death == SERVICE_RESTART) {
		restart(s, c);
	}
	if (!s->up) {
		return ERR_DEAD;
	}
	/* Whoever is parked is inside already. */
	return c->place != PLACE_PARKED && s->inside > 0 && !s->entry->reentrant ? ERR_BUSY
										 : ERR_OK;
}

/* Takes a place inside, or says why not; *was is where this CPU's part stood. */
static enum err enter(struct service *s, struct service_cpu *c, enum place *was)
{
	enum err err;

	lock_take(&s->lock);
	err = may_enter(s, c);
	if (err == ERR_OK) {
		*was = c->place;
		c->place = PLACE_INSIDE;
		s->inside += *was != PLACE_PARKED;
	}
	lock_release(&s->lock);
	return err;
}

/* Says how the call ended: work that yields in a service that died meanwhile has died with it. */
static enum run_end leave(struct service *s, struct service_cpu *c, enum run_end end)
{
	bool is_parked;

	lock_take(&s->lock);
	is_parked = end == RUN_YIELDED && s->up;
	c->place = is_parked ? PLACE_PARKED : PLACE_READY;
	s->inside -= !is_parked;
	if (end == RUN_DIED) {
		/* Parts that are parked elsewhere die with it; nobody resumes them. */
		for (unsigned int i = 0; i < vcpu_count(); i++) {
			if (s->cpus[i].place != PLACE_INSIDE) {
				s->inside -= s->cpus[i].place == PLACE_PARKED;
				s->cpus[i].place = PLACE_FRESH;
			}
		}
		s->up = false;
		log_notice("service %s: died; %s", s->entry->name,
			   s->entry->death == SERVICE_RESTART ? "starts again at the next call"
							      : "stays down");
	}
	lock_release(&s->lock);
	return end == RUN_YIELDED && !is_parked ? RUN_DIED : end;
}

/*
 * Work that yielded is taken up by any later call of its vCPU. Only the same call gets its answer;
 * another one helps it to its end and is told to try again, so a guest that forgot (kexec) is not
 * locked out.
 */
static enum err perform(struct service *s, struct service_cpu *c, enum place was,
			struct route_call *call)
{
	bool was_parked = was == PLACE_PARKED;
	bool is_other = was_parked && !same_call(&c->parked, call);
	struct route_call work = was_parked ? c->parked : *call;
	enum run_end end = RUN_REPLIED;

	if (was == PLACE_FRESH) {
		end = make_ready(s, c);
	}
	if (end == RUN_REPLIED) {
		end = run_service(s->entry, &s->loaded.space, &c->run, &work, was_parked);
	}
	c->parked = work;
	end = leave(s, c, end);
	if (end == RUN_DIED) {
		return ERR_DEAD;
	}
	if (is_other) {
		return ERR_BUSY;
	}
	if (end == RUN_YIELDED) {
		return ERR_AGAIN;
	}
	*call = work;
	return ERR_OK;
}

enum err service_call(struct service *service, struct route_call *call)
{
	struct service_cpu *c = &service->cpus[arch_cpu_index()];
	enum place was = PLACE_FRESH;
	enum err err = enter(service, c, &was);

	return err == ERR_OK ? perform(service, c, was, call) : err;
}

struct service *service_find(uint32_t protocol)
{
	for (unsigned int i = 0; i < service_table_count; i++) {
		if (services[i].entry != NULL && services[i].entry->protocol == protocol) {
			return &services[i];
		}
	}
	return NULL;
}

const struct service_entry *service_entry_of(const struct service *service)
{
	return service->entry;
}

bool service_is_up(const struct service *service)
{
	return service->up || service->entry->death == SERVICE_RESTART;
}

static enum err start(struct service *s, const struct service_entry *entry,
		      const struct image_map *image)
{
	const struct image_service *found = find_image(image, entry->name);
	struct service_cpu *c;
	enum err err;

	if (found == NULL) {
		log_error("service %s: not in the image; give it to keel-igvm", entry->name);
		return ERR_UNSUPPORTED;
	}
	s->entry = entry;
	err = load(s, found);
	if (err != ERR_OK) {
		log_error("service %s: cannot be loaded (error %d)", entry->name, err);
		return err;
	}
	c = &s->cpus[arch_cpu_index()];
	if (make_ready(s, c) != RUN_REPLIED) {
		log_error("service %s: failed to initialise", entry->name);
		return ERR_DEAD;
	}
	c->place = PLACE_READY;
	log_info("service %s: protocol %x version %u-%u ready", entry->name, entry->protocol,
		 entry->version_min, entry->version_max);
	return ERR_OK;
}

enum err service_start_all(const struct image_map *image)
{
	enum err err = ERR_OK;

	ASSERT(service_table_count <= IMAGE_SERVICES);
	for (unsigned int i = 0; i < service_table_count && err == ERR_OK; i++) {
		err = start(&services[i], &service_table[i], image);
	}
	return err;
}
