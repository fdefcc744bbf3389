/*
 * States of a service and of its parts: a re-entrant service has one for each CPU, any other a
 * single one for whichever CPU enters. Its lock guards `up`, `starting`, `inside`, `turn` and every
 * `place`; it is never held while the service runs. A part that runs is that CPU's alone. A dead
 * service is made anew by the first call after the last CPU left it, if its table entry says so;
 * one that stays down is wiped then.
 */
#include "service.h"

#include "arch/cpu.h"
#include "arch/psp.h"
#include "base/mem.h"
#include "ipc/loader.h"
#include "ipc/run.h"
#include "ipc/service_check.h"
#include "ipc/turn.h"
#include "lock.h"
#include "log.h"
#include "mm/pool.h"
#include "vcpu/vcpu.h"

enum place {
	PLACE_FRESH, /* at its entry point */
	PLACE_READY, /* waits for a request */
	PLACE_PARKED, /* yielded inside the call that `parked` names */
	PLACE_INSIDE, /* runs: nobody else changes it */
};

struct service_part {
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
	struct turn turn;
	struct loaded loaded;
	struct service_part *parts; /* part_count() of them */
};

static struct service services[IMAGE_SERVICES];

static const struct image_service *find_image(const struct image_map *image, const char *name)
{
	for (unsigned int i = 0; i < image->service_count && i < IMAGE_SERVICES; i++) {
		if (service_name_equals(image->services[i].name, name)) {
			return &image->services[i];
		}
	}
	return NULL;
}

static unsigned int part_count(const struct service *s)
{
	return s->entry->reentrant ? vcpu_count() : 1;
}

/* The part that a call on this CPU runs in. */
static struct service_part *part_here(struct service *s)
{
	return &s->parts[s->entry->reentrant ? arch_cpu_index() : 0];
}

static void reset_parts(struct service *s)
{
	for (unsigned int i = 0; i < part_count(s); i++) {
		loader_reset_cpu(&s->loaded, &s->parts[i].memory, i, false, &s->parts[i].run.ctx);
		s->parts[i].place = PLACE_FRESH;
	}
	s->initialised = false;
}

static enum err load(struct service *s, const struct image_service *image)
{
	size_t bytes = part_count(s) * sizeof(*s->parts);
	enum err err = loader_load(&s->loaded, image, s->entry);

	s->parts = pool_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
	if (err == ERR_OK && s->parts == NULL) {
		err = ERR_NOMEM;
	}
	for (unsigned int i = 0; i < part_count(s) && err == ERR_OK; i++) {
		err = loader_add_cpu(&s->loaded, &s->parts[i].memory, i);
		s->parts[i].run.msg = s->parts[i].memory.msg;
	}
	if (err == ERR_OK) {
		reset_parts(s);
		s->up = true;
	}
	return err;
}

/* Brings this CPU's part from its entry point to where it waits for requests. */
static enum run_end make_ready(struct service *s, struct service_part *c)
{
	enum run_end end;

	c->run.ctx.rsi = !s->initialised;
	s->initialised = true;
	end = run_start(s->entry, &s->loaded, &c->run);
	return end == RUN_REPLIED ? RUN_REPLIED : RUN_DIED;
}

/*
 * With the lock and nobody inside: all parts go back to the measured image, and service_init() runs
 * before any other CPU can enter. It may never come back, so the lock is given up meanwhile.
 */
static void restart(struct service *s, struct service_part *c)
{
	bool is_ready;

	log_notice("service %s: restarted from its measured image", s->entry->name);
	loader_reset(&s->loaded);
	reset_parts(s);
	s->starting = true;
	lock_release(&s->lock);
	is_ready = make_ready(s, c) == RUN_REPLIED;
	lock_take(&s->lock);
	s->starting = false;
	s->up = is_ready;
	c->place = PLACE_READY;
}

static bool same_payload(const struct route_payload *a, const struct route_payload *b)
{
	return a->peer == b->peer && gpa_equal(a->request, b->request) &&
	       gpa_equal(a->reply, b->reply) && a->request_bytes == b->request_bytes &&
	       a->reply_room == b->reply_room;
}

static bool same_call(const struct route_call *a, const struct route_call *b)
{
	return a->vcpu == b->vcpu && a->call == b->call && a->vmpl == b->vmpl &&
	       a->flags == b->flags && a->rcx == b->rcx && a->rdx == b->rdx && a->r8 == b->r8 &&
	       a->r9 == b->r9 && same_payload(&a->payload, &b->payload);
}

/* With the lock: one at a time, and in fair order. */
static enum err take_turn(struct service *s, struct service_part *c, uint32_t vcpu)
{
	bool may = false;

	if (c->place == PLACE_PARKED) {
		may = turn_may_resume(&s->turn, vcpu, c->parked.vcpu);
	} else if (s->inside == 0) {
		may = turn_may_enter(&s->turn, vcpu);
	} else {
		turn_refuse(&s->turn, vcpu);
	}
	return may ? ERR_OK : ERR_BUSY;
}

/* With the lock. */
static enum err may_enter(struct service *s, struct service_part *c, uint32_t vcpu)
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
	return s->entry->reentrant ? ERR_OK : take_turn(s, c, vcpu);
}

/* Takes a place inside, or says why not; *was is where this CPU's part stood. */
static enum err enter(struct service *s, struct service_part *c, uint32_t vcpu, enum place *was)
{
	enum err err;

	lock_take(&s->lock);
	err = may_enter(s, c, vcpu);
	if (err == ERR_OK) {
		*was = c->place;
		c->place = PLACE_INSIDE;
		s->inside += *was != PLACE_PARKED;
	}
	lock_release(&s->lock);
	return err;
}

/* With the lock: what is parked elsewhere dies with the service; nobody resumes it. */
static void die(struct service *s)
{
	for (unsigned int i = 0; i < part_count(s); i++) {
		if (s->parts[i].place != PLACE_INSIDE) {
			s->inside -= s->parts[i].place == PLACE_PARKED;
			s->parts[i].place = PLACE_FRESH;
		}
	}
	s->up = false;
	log_notice("service %s: died; %s", s->entry->name,
		   s->entry->death == SERVICE_RESTART ? "starts again at the next call"
						      : "stays down");
}

/* With the lock: keys and state of a service that never runs again are nobody's. */
static void wipe_if_over(struct service *s)
{
	if (!s->up && s->inside == 0 && s->entry->death == SERVICE_STAY_DOWN) {
		reset_parts(s);
		loader_wipe(&s->loaded);
	}
}

/* Says how the call ended: work that yields in a service that died meanwhile has died with it. */
static enum run_end leave(struct service *s, struct service_part *c, enum run_end end)
{
	bool is_parked;

	lock_take(&s->lock);
	is_parked = end == RUN_YIELDED && s->up;
	c->place = is_parked ? PLACE_PARKED : PLACE_READY;
	s->inside -= !is_parked;
	if (end == RUN_DIED) {
		die(s);
	}
	wipe_if_over(s);
	lock_release(&s->lock);
	return end == RUN_YIELDED && !is_parked ? RUN_DIED : end;
}

/*
 * Work that yielded is taken up by any later call of its vCPU. Only the same call gets its answer;
 * another one helps it to its end and is told to try again, so a guest that forgot (kexec) is not
 * locked out. The answer that nobody waits for finds no room.
 */
static enum err resume(struct service *s, struct service_part *c, struct route_call *call)
{
	const bool is_other = !same_call(&c->parked, call);
	struct route_call work = c->parked;
	enum run_end end;

	if (is_other) {
		work.payload.reply_room = 0;
	}
	end = leave(s, c, run_service(s->entry, &s->loaded, &c->run, &work, true));
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

static enum err perform(struct service *s, struct service_part *c, enum place was,
			struct route_call *call)
{
	enum run_end end = was == PLACE_FRESH ? make_ready(s, c) : RUN_REPLIED;

	if (end == RUN_REPLIED) {
		end = run_service(s->entry, &s->loaded, &c->run, call, false);
	}
	if (end == RUN_YIELDED) {
		c->parked = *call;
	}
	end = leave(s, c, end);
	if (end == RUN_DIED) {
		return ERR_DEAD;
	}
	return end == RUN_YIELDED ? ERR_AGAIN : ERR_OK;
}

enum err service_call(struct service *service, struct route_call *call)
{
	struct service_part *c = part_here(service);
	enum place was = PLACE_FRESH;
	enum err err = enter(service, c, call->vcpu, &was);

	if (err != ERR_OK) {
		return err;
	}
	return was == PLACE_PARKED ? resume(service, c, call) : perform(service, c, was, call);
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

struct service *service_at(uint32_t index)
{
	return index < service_table_count && services[index].entry != NULL ? &services[index]
									    : NULL;
}

void service_describe(const struct service *service, struct sys_service *about)
{
	const struct service_entry *entry = service->entry;
	const struct image_service *image = service->loaded.image;

	*about = (struct sys_service){
		.protocol = entry->protocol,
		.version_min = entry->version_min,
		.version_max = entry->version_max,
		.flags = (service_is_up(service) ? SYS_SERVICE_UP : 0u) |
			 (entry->has_manifest ? SYS_SERVICE_MANIFEST : 0u) |
			 (entry->messages ? SYS_SERVICE_MESSAGES : 0u),
	};
	memcpy(about->name, image->name, sizeof(about->name));
	memcpy(about->guid, entry->guid, sizeof(about->guid));
	memcpy(about->hash, image->hash, sizeof(about->hash));
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
	struct service_part *c;
	enum err err;

	if (found == NULL) {
		log_error("service %s: not in the image; give it to keel-igvm", entry->name);
		return ERR_UNSUPPORTED;
	}
	s->entry = entry;
	err = (entry->rights & SYS_RIGHT_PSP) != 0 ? arch_psp_prepare() : ERR_OK;
	if (err == ERR_OK) {
		err = load(s, found);
	}
	if (err != ERR_OK) {
		log_error("service %s: cannot be loaded (error %d)", entry->name, err);
		return err;
	}
	c = part_here(s);
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
	enum err err = service_check(service_table, service_table_count);

	for (unsigned int i = 0; i < service_table_count && err == ERR_OK; i++) {
		err = start(&services[i], &service_table[i], image);
	}
	return err;
}
