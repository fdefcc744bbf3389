/* Starts the other CPUs and hands them jobs by mailboxes that both sides poll. */
#include "smp.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "snp/ghcb_msr.h"
#include "svsm.h"
#include "vmsa.h"

#define STACK_BYTES 0x4000
#define SPINS_MAX   200000000

static struct smp_cpu cpus[SMP_CPUS_MAX];
static uint8_t stacks[SMP_CPUS_MAX][STACK_BYTES] ALIGNED(16);
static bool stop;

static void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Where another CPU begins. */
static void smp_main(void *context)
{
	struct smp_cpu *self = context;

	WRITE_ONCE(self->is_up, true);
	for (;;) {
		smp_job *job = READ_ONCE(self->job);

		if (job != NULL) {
			job(self);
			compiler_barrier();
			WRITE_ONCE(self->job, NULL);
		}
		pause();
	}
}

uint32_t smp_own_apic_id(void)
{
	return GHCB_MSR_CPUID_VALUE(ghcb_msr_request(GHCB_MSR_CPUID_EBX(1))) >> 24;
}

uint32_t smp_find(void)
{
	uint32_t own = smp_own_apic_id();
	uint32_t ids[GHCB_APIC_IDS_MAX];
	uint32_t count = ghcb_apic_ids(ids);
	uint32_t found = 0;

	for (uint32_t i = 0; i < count && found < SMP_CPUS_MAX; i++) {
		if (ids[i] != own) {
			cpus[found] = (struct smp_cpu){.apic_id = ids[i], .index = found};
			found++;
		}
	}
	return found;
}

struct smp_cpu *smp_cpu(uint32_t index)
{
	return &cpus[index];
}

void smp_accept(const struct smp_cpu *cpu)
{
	svsm_accept(SMP_VMSA_GPA(cpu->index));
	svsm_accept(SMP_CAA_GPA(cpu->index));
}

static void prepare(struct smp_cpu *cpu)
{
	cpu->client = *svsm_client();
	cpu->client.ghcb = NULL;
	cpu->client.caa = (struct svsm_caa *)(uintptr_t)SMP_CAA_GPA(cpu->index);
	cpu->is_up = false;
	cpu->job = NULL;
}

bool smp_start(struct smp_cpu *cpu)
{
	uint64_t vmsa_gpa = SMP_VMSA_GPA(cpu->index);
	struct vmsa *vmsa = (struct vmsa *)(uintptr_t)vmsa_gpa;
	uint32_t result = 0;
	uint64_t features;

	prepare(cpu);
	vmsa_fill_long(vmsa, smp_main, cpu, (uintptr_t)stacks[cpu->index] + STACK_BYTES);
	features = vmsa->sev_features;
	if (client_create_vcpu(svsm_client(), vmsa_gpa, SMP_CAA_GPA(cpu->index), cpu->apic_id,
			       &result) != ERR_OK ||
	    result != SVSM_SUCCESS) {
		return false;
	}
	if (!ghcb_ap_creation(AP_CREATION_INFO(cpu->apic_id, svsm_vmpl(), AP_CREATE), vmsa_gpa,
			      features)) {
		return false;
	}
	for (unsigned int i = 0; i < SPINS_MAX && !READ_ONCE(cpu->is_up); i++) {
		pause();
	}
	return READ_ONCE(cpu->is_up);
}

bool smp_destroy(const struct smp_cpu *cpu)
{
	uint64_t info = AP_CREATION_INFO(cpu->apic_id, svsm_vmpl(), AP_DESTROY);

	return ghcb_ap_creation(info, SMP_VMSA_GPA(cpu->index), 0);
}

void smp_begin(struct smp_cpu *cpu, smp_job *job)
{
	stop = false;
	compiler_barrier();
	WRITE_ONCE(cpu->job, job);
}

bool smp_wait(const struct smp_cpu *cpu)
{
	for (unsigned int i = 0; i < SPINS_MAX && READ_ONCE(cpu->job) != NULL; i++) {
		pause();
	}
	return READ_ONCE(cpu->job) == NULL;
}

bool smp_is_told_to_stop(void)
{
	return READ_ONCE(stop);
}

void smp_stop(void)
{
	WRITE_ONCE(stop, true);
}
