/* The test guest's cases, one file per subject, in the order in which main.c runs them. */
#pragma once

#include "smp.h"

void cases_start(void); /* how the guest was started */
void cases_call(void); /* registers, protocols, the pending byte */
void cases_pvalidate(void); /* lists and pages */
void cases_vcpu(void); /* CREATE_VCPU, DELETE_VCPU */
void cases_remap(void); /* REMAP_CA */
void cases_random(void); /* against a model of what pages are */
void cases_smp(void); /* a second CPU, where there is one */
void cases_hello(void); /* the example service; only where the image has it */
void cases_attest(void); /* reports and manifests; only where the image has the faulty service */
void cases_attest_smp(struct smp_cpu *cpu); /* by two CPUs at once; a part of cases_smp() */
void cases_vtpm(void); /* the TPM */
void cases_vtpm_smp(void); /* by two CPUs at once; a part of cases_vtpm(), after cases_smp() */
void cases_keel(void); /* the message protocol, with hello and echo where there are */
void cases_mem(void); /* DEPOSIT_MEM, WITHDRAW_MEM */
void cases_faulty(void); /* services that die; only where the image has the faulty one */
