/*
 * More CPUs for the test guests. Each runs jobs, one after the other, that the first CPU gives it;
 * it calls the SVSM by the GHCB MSR protocol alone and prints nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "client/client.h"

#define SMP_CPUS_MAX 7 /* besides the first */

/* Their pages, two for each, not used for anything else; and memory for their jobs. */
#define SMP_VMSA_GPA(index) (UINT64_C(0x01061000) + (index)*2 * PAGE_SIZE)
#define SMP_CAA_GPA(index)  (SMP_VMSA_GPA(index) + PAGE_SIZE)
#define SMP_RAM_GPA	    UINT64_C(0x01070000)

struct smp_cpu;
typedef void smp_job(struct smp_cpu *self);

struct smp_cpu {
	uint32_t apic_id;
	uint32_t index; /* among the others */
	struct client client;
	smp_job *job; /* the CPU clears it when done */
	bool is_up;
};

/* The APIC id of the CPU that asks. */
uint32_t smp_own_apic_id(void);

/* Asks the host for the CPUs; yields how many there are besides the first, SMP_CPUS_MAX at most. */
uint32_t smp_find(void);
struct smp_cpu *smp_cpu(uint32_t index);

/* Validates a CPU's pages, once. */
void smp_accept(const struct smp_cpu *cpu);

/* CREATE_VCPU and the host's AP creation; yields whether it came up. */
bool smp_start(struct smp_cpu *cpu);

/* Has the host stop it. */
bool smp_destroy(const struct smp_cpu *cpu);

/* Gives it a job, which must be done with its last. */
void smp_begin(struct smp_cpu *cpu, smp_job *job);

/* Waits for the end of the job; false when it does not come. */
bool smp_wait(const struct smp_cpu *cpu);

/* For jobs that go on until they are told. */
bool smp_is_told_to_stop(void);
void smp_stop(void);
