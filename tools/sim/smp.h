/*
 * Many CPUs. Each runs one vCPU's loop (vcpu.c). All of the simulator's own work is done under one
 * lock: a guest runs outside of it. Who changes what a running vCPU may have in its TLB stops that
 * vCPU first: an NMI makes it exit, and it cannot run again before the lock is free.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct vcpu;

void smp_lock(void);
void smp_unlock(void);

/* Starts the machine's other CPUs; each parks. Before the guest's memory has contents. */
void smp_start(void);

/* Has the boot vCPU run on a CPU of its own; this one only answers who asks for statistics. */
void smp_spare(struct vcpu *boot) NORETURN;

/* With the lock: makes a vCPU, or every one but `self`, leave its guest. */
void smp_stop(struct vcpu *vcpu);
void smp_stop_others(const struct vcpu *self);

/* With the lock: parks the calling CPU until smp_wake() of its vCPU. */
void smp_park(struct vcpu *vcpu);
void smp_wake(struct vcpu *vcpu);

/*
 * With the lock, which it gives up meanwhile: lets a vCPU that was just started run first, for a
 * while. OVMF 2025.02 numbers its APs as they arrive and takes that for the order in which it
 * created them; on hardware an AP is there long before the next one has been made.
 */
void smp_let_start(const struct vcpu *self, const struct vcpu *started);

/* The vCPU of the CPU that holds the lock; NULL before any ran. */
const struct vcpu *smp_holder(void);
void smp_set_holder(const struct vcpu *vcpu);
