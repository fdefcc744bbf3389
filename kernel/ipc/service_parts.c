/* Makes the parts of a service, and starts them. */
#include "ipc/service_parts.h"

#include "mm/pool.h"

void service_reset_parts(struct service *s)
{
	for (unsigned int i = 0; i < service_part_count(s); i++) {
		loader_reset_cpu(&s->loaded, &s->parts[i].memory, i, false, &s->parts[i].run.ctx);
		s->parts[i].place = PLACE_FRESH;
	}
	s->initialised = false;
}

enum err service_load(struct service *s, const struct image_service *image)
{
	size_t bytes = service_part_count(s) * sizeof(*s->parts);
	enum err err = loader_load(&s->loaded, image, s->entry);

	s->parts = pool_alloc(align_up(bytes, PAGE_SIZE) / PAGE_SIZE);
	if (err == ERR_OK && s->parts == NULL) {
		err = ERR_NOMEM;
	}
	for (unsigned int i = 0; i < service_part_count(s) && err == ERR_OK; i++) {
		err = loader_add_cpu(&s->loaded, &s->parts[i].memory, i);
		s->parts[i].run.msg = s->parts[i].memory.msg;
	}
	if (err == ERR_OK) {
		service_reset_parts(s);
		s->up = true;
	}
	return err;
}

enum run_end service_make_ready(struct service *s, struct service_part *c)
{
	enum run_end end;

	c->run.ctx.rsi = !s->initialised;
	s->initialised = true;
	end = run_start(s->entry, &s->loaded, &c->run);
	return end == RUN_REPLIED ? RUN_REPLIED : RUN_DIED;
}
