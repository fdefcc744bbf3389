/* Bounded on both sides: a waiter that never comes back holds nobody up for long. */
#include "turn.h"

#define COURTESY_MAX 64
/* An owner re-issues its call at once, so so many refusals between two visits are a sign that it is
 * gone: its vCPU was deleted, or its kernel died. */
#define REFUSALS_MAX 1000

void turn_refuse(struct turn *turn, uint32_t vcpu)
{
	if (!turn->has_waiter) {
		turn->has_waiter = true;
		turn->waiter = vcpu;
		turn->courtesy = COURTESY_MAX;
	}
}

bool turn_may_enter(struct turn *turn, uint32_t vcpu)
{
	if (turn->has_waiter && turn->waiter != vcpu && turn->courtesy > 0) {
		turn->courtesy--;
		return false;
	}
	turn->has_waiter = false;
	turn->refused = 0;
	return true;
}

bool turn_may_resume(struct turn *turn, uint32_t vcpu, uint32_t owner)
{
	if (vcpu == owner) {
		turn->refused = 0;
		return true;
	}
	if (turn->refused < REFUSALS_MAX) {
		turn->refused++;
		turn_refuse(turn, vcpu);
		return false;
	}
	return true;
}
