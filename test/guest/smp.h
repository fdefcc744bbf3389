/*
 * A second CPU for the test guest. It runs jobs, one after the other, that the first CPU gives it;
 * it calls the SVSM by the GHCB MSR protocol alone and prints nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"

/* Its pages: not used for anything else. */
#define SMP_VMSA_GPA UINT64_C(0x01061000)
#define SMP_CAA_GPA  UINT64_C(0x01062000)
#define SMP_RAM_GPA  UINT64_C(0x01070000) /* for its jobs */

typedef void smp_job(struct client *client);

/* Asks the host for the CPUs; false when there is only this one. Stores a second one's APIC id. */
bool smp_find(uint32_t *apic_id);

/* CREATE_VCPU and the host's AP creation; yields whether it came up. The pages are validated. */
bool smp_start(uint32_t apic_id);

/* Has the host stop it. */
bool smp_destroy(uint32_t apic_id);

/* Gives it a job, which must be done with its last. */
void smp_begin(smp_job *job);

/* Waits for the end of the job; false when it does not come. */
bool smp_wait(void);

/* For jobs that go on until they are told. */
bool smp_is_told_to_stop(void);
void smp_stop(void);
