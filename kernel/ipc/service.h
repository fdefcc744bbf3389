/*
 * Services: programs at CPL3 in address spaces of their own. A call runs on the vCPU that made it,
 * on that CPU's stack in the service, until the service replies, yields or dies.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "ipc/route.h"
#include "ipc/service_table.h"
#include "msg/image.h"

struct service;

/* Loads every service of the table from the image and runs service_init() of each. */
enum err service_start_all(const struct image_map *image);

/* The service of a protocol, or NULL. */
struct service *service_find(uint32_t protocol);
/* The service at a place in the table, or NULL past its end. */
struct service *service_at(uint32_t index);
void service_describe(const struct service *service, struct sys_service *about);
const struct service_entry *service_entry_of(const struct service *service);
bool service_is_up(const struct service *service);

/*
 * Lets the service answer. ERR_OK: it did, *call holds its answer. ERR_AGAIN: it yielded, the guest
 * is to re-issue. ERR_BUSY: another vCPU is inside. ERR_DEAD: it died, or is down. ERR_NOMEM.
 */
enum err service_call(struct service *service, struct route_call *call);
