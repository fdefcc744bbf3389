/* Starts the second CPU and hands it jobs by a mailbox that both poll. */
#include "smp.h"

#include <stddef.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "cpu.h"
#include "ghcb.h"
#include "layout.h"
#include "svsm.h"
#include "vmsa.h"

#define STACK_BYTES 0x4000
#define SPINS_MAX   200000000

static struct {
	smp_job *job; /* the second CPU clears it when done */
	bool is_up;
	bool stop;
} mailbox;

static uint8_t stack[STACK_BYTES] ALIGNED(16);
static struct client client;

static void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Where the second CPU begins. */
static void smp_main(void)
{
	client = *svsm_client();
	client.ghcb = NULL;
	client.caa = (struct svsm_caa *)(uintptr_t)SMP_CAA_GPA;
	WRITE_ONCE(mailbox.is_up, true);
	for (;;) {
		smp_job *job = READ_ONCE(mailbox.job);

		if (job != NULL) {
			job(&client);
			compiler_barrier();
			WRITE_ONCE(mailbox.job, NULL);
		}
		pause();
	}
}

bool smp_find(uint32_t *apic_id)
{
	uint32_t ids[GHCB_APIC_IDS_MAX];
	uint32_t count = ghcb_apic_ids(ids);

	if (count < 2) {
		return false;
	}
	/* The first CPU is number 0 on every host known. */
	*apic_id = ids[0] != 0 ? ids[0] : ids[1];
	return true;
}

bool smp_start(uint32_t apic_id)
{
	struct vmsa *vmsa = (struct vmsa *)(uintptr_t)SMP_VMSA_GPA;
	uint32_t result = 0;
	uint64_t features;

	vmsa_fill_long(vmsa, smp_main, (uintptr_t)stack + sizeof(stack));
	features = vmsa->sev_features;
	mailbox.is_up = false;
	mailbox.job = NULL;
	if (client_create_vcpu(svsm_client(), SMP_VMSA_GPA, SMP_CAA_GPA, apic_id, &result) !=
		    ERR_OK ||
	    result != SVSM_SUCCESS) {
		return false;
	}
	if (!ghcb_ap_creation(AP_CREATION_INFO(apic_id, svsm_vmpl(), AP_CREATE), SMP_VMSA_GPA,
			      features)) {
		return false;
	}
	for (unsigned int i = 0; i < SPINS_MAX && !READ_ONCE(mailbox.is_up); i++) {
		pause();
	}
	return READ_ONCE(mailbox.is_up);
}

bool smp_destroy(uint32_t apic_id)
{
	uint64_t info = AP_CREATION_INFO(apic_id, svsm_vmpl(), AP_DESTROY);

	return ghcb_ap_creation(info, SMP_VMSA_GPA, 0);
}

void smp_begin(smp_job *job)
{
	mailbox.stop = false;
	compiler_barrier();
	WRITE_ONCE(mailbox.job, job);
}

bool smp_wait(void)
{
	for (unsigned int i = 0; i < SPINS_MAX && READ_ONCE(mailbox.job) != NULL; i++) {
		pause();
	}
	return READ_ONCE(mailbox.job) == NULL;
}

bool smp_is_told_to_stop(void)
{
	return READ_ONCE(mailbox.stop);
}

void smp_stop(void)
{
	WRITE_ONCE(mailbox.stop, true);
}
