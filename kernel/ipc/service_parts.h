/*
 * What a service is made of, for the files service*.c: a re-entrant service has a part for each
 * CPU, any other a single one for whichever CPU enters.
 */
#pragma once

#include <stdbool.h>

#include "arch/cpu.h"
#include "base/err.h"
#include "ipc/loader.h"
#include "ipc/route.h"
#include "ipc/run.h"
#include "ipc/service_table.h"
#include "ipc/turn.h"
#include "lock.h"
#include "msg/image.h"
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
	struct service_part *parts; /* service_part_count() of them */
};

static inline unsigned int service_part_count(const struct service *s)
{
	return s->entry->reentrant ? vcpu_count() : 1;
}

/* The part that a call on this CPU runs in. */
static inline struct service_part *service_part_here(struct service *s)
{
	return &s->parts[s->entry->reentrant ? arch_cpu_index() : 0];
}

/* Makes the parts of a service whose table entry is set. ERR_NOMEM; ERR_FORMAT: its image. */
enum err service_load(struct service *s, const struct image_service *image);

/* Puts every part back to its entry point. */
void service_reset_parts(struct service *s);

/* Brings this CPU's part from its entry point to where it waits for requests, or RUN_DIED. */
enum run_end service_make_ready(struct service *s, struct service_part *c);
