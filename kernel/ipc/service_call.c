/*
 * Calls, and the states they put a service and its parts into. Its lock guards `up`, `starting`,
 * `inside`, `turn` and every `place`; it is never held while the service runs. A part that runs is
 * that CPU's alone. A dead service is made anew by the first call after the last CPU left it, if
 * its table entry says so; one that stays down is wiped then.
 */
#include "ipc/service.h"
#include "ipc/service_parts.h"
#include "log.h"

/*
 * With the lock and nobody inside: all parts go back to the measured image, and service_init() runs
 * before any other CPU can enter. It may never come back, so the lock is given up meanwhile.
 */
static void restart(struct service *s, struct service_part *c)
{
	bool is_ready;

	loader_notice(&s->loaded, "service %s: restarted from its measured image", s->entry->name);
	loader_reset(&s->loaded);
	service_reset_parts(s);
	s->starting = true;
	lock_release(&s->lock);
	is_ready = service_make_ready(s, c) == RUN_REPLIED;
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
	for (unsigned int i = 0; i < service_part_count(s); i++) {
		if (s->parts[i].place != PLACE_INSIDE) {
			s->inside -= s->parts[i].place == PLACE_PARKED;
			s->parts[i].place = PLACE_FRESH;
		}
	}
	s->up = false;
	loader_notice(&s->loaded, "service %s: died; %s", s->entry->name,
		      s->entry->death == SERVICE_RESTART ? "starts again at the next call"
							 : "stays down");
}

/* With the lock: keys and state of a service that never runs again are nobody's. */
static void wipe_if_over(struct service *s)
{
	if (!s->up && s->inside == 0 && s->entry->death == SERVICE_STAY_DOWN) {
		service_reset_parts(s);
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
 * locked out. The answer that nobody waits for goes nowhere: the memory it was for may be in other
 * use by now.
 */
static enum err resume(struct service *s, struct service_part *c, struct route_call *call)
{
	const bool is_other = !same_call(&c->parked, call);
	struct route_call work = c->parked;
	enum run_end end;

	if (is_other) {
		work.payload.reply_room = 0;
	}
	end = run_service(s->entry, &s->loaded, &c->run, &work,
			  is_other ? RUN_HELPED : RUN_RESUMED);
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

static enum err perform(struct service *s, struct service_part *c, enum place was,
			struct route_call *call)
{
	enum run_end end = was == PLACE_FRESH ? service_make_ready(s, c) : RUN_REPLIED;

	if (end == RUN_REPLIED) {
		end = run_service(s->entry, &s->loaded, &c->run, call, RUN_NEW);
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
	struct service_part *c = service_part_here(service);
	enum place was = PLACE_FRESH;
	enum err err = enter(service, c, call->vcpu, &was);

	if (err != ERR_OK) {
		return err;
	}
	return was == PLACE_PARKED ? resume(service, c, call) : perform(service, c, was, call);
}
