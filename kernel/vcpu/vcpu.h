/* The vCPUs of this VM: what runs where, and the calls that make and unmake them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "vcpu/registry.h"

#define VCPU_UNUSED UINT32_MAX

/* One per CPU of the VM; only its own CPU writes it. */
struct vcpu {
	uint32_t apic_id; /* VCPU_UNUSED: the SVSM does not run there */
	unsigned int vmpl; /* the VMPL that runs when VMPL0 has nothing to do */
	struct registry_entry *caller; /* whose call is being answered, or NULL */
};

enum err vcpu_init(unsigned int count);
unsigned int vcpu_count(void);
struct vcpu *vcpu_this(void);

/* At boot: who is who, and where guests start. */
void vcpu_set_apic_id(unsigned int index, uint32_t apic_id);
void vcpu_set_vmpl(unsigned int vmpl);

/*
 * CREATE_VCPU, DELETE_VCPU and REMAP_CA (publication 58019, chapter 6) for a caller at `vmpl`;
 * REMAP_CA for the one whose call this vCPU answers. All addresses and ids are from outside.
 */
enum err vcpu_create(unsigned int vmpl, gpa_t vmsa, gpa_t caa, uint32_t apic_id);
enum err vcpu_delete(unsigned int vmpl, gpa_t vmsa);
enum err vcpu_remap_ca(gpa_t caa);
