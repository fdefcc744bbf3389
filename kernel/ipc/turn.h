/*
 * Whose turn it is in a service that takes one call at a time. Whoever finds it taken is told BUSY
 * and tries again; the first of them is let in before those who come back later. Guarded by the
 * service's lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct turn {
	bool has_waiter;
	uint32_t waiter; /* the vCPU that was refused first */
	uint32_t courtesy; /* how often others may still be refused for its sake */
	uint32_t refused; /* refusals since the vCPU with parked work was last seen */
};

/* The service is free: may this vCPU enter? */
bool turn_may_enter(struct turn *turn, uint32_t vcpu);

/*
 * The service holds work that `owner` left to be resumed: may this vCPU enter? An owner that does
 * not come back for long has lost it: the next one may, and helps the work to its end.
 */
bool turn_may_resume(struct turn *turn, uint32_t vcpu, uint32_t owner);

/* Somebody is inside: this vCPU is refused. */
void turn_refuse(struct turn *turn, uint32_t vcpu);
