/* The simulator's own exceptions (its bugs) and the NMI that asks for statistics. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void trap_init(void);
/* On every other CPU. */
void trap_load(void);
/* True once for each batch of NMIs that this CPU took since the last call. */
bool trap_take_nmi(void);
