/* CREATE_VCPU, DELETE_VCPU and REMAP_CA: what a page may become, and whose. */
#include "vcpu.h"

#include "arch/cpu.h"
#include "mm/guestmem.h"
#include "mm/pagestate.h"
#include "mm/pool.h"
#include "svsm/protocol.h"
#include "vcpu/registry.h"
#include "vcpu/vmsa.h"

static struct vcpu *vcpus;
static unsigned int count;

enum err vcpu_init(unsigned int wanted)
{
	if (wanted == 0 || wanted > CPU_MAX) {
		return ERR_INVALID;
	}
	vcpus = pool_alloc(align_up(wanted * sizeof(*vcpus), PAGE_SIZE) / PAGE_SIZE);
	count = vcpus != NULL ? wanted : 0;
	for (unsigned int i = 0; i < count; i++) {
		vcpus[i].apic_id = VCPU_UNUSED;
	}
	return vcpus != NULL ? registry_init(wanted) : ERR_NOMEM;
}

unsigned int vcpu_count(void)
{
	return count;
}

void vcpu_set_apic_id(unsigned int index, uint32_t apic_id)
{
	vcpus[index].apic_id = apic_id;
}

void vcpu_set_vmpl(unsigned int vmpl)
{
	for (unsigned int i = 0; i < count; i++) {
		vcpus[i].vmpl = vmpl;
	}
}

struct vcpu *vcpu_this(void)
{
	return &vcpus[arch_cpu_index()];
}

static bool is_known_cpu(uint32_t apic_id)
{
	for (unsigned int i = 0; i < count; i++) {
		if (apic_id != VCPU_UNUSED && vcpus[i].apic_id == apic_id) {
			return true;
		}
	}
	return false;
}

/* A page that a guest may offer as VMSA or calling area: its own validated memory, and nothing yet.
 */
static enum err check_new_page(gpa_t page, unsigned int vmpl)
{
	if (!gpa_is_page(page)) {
		return ERR_INVALID;
	}
	return pagestate_all(page, PAGE_SIZE, PAGE_GUEST, vmpl) ? ERR_OK : ERR_ADDRESS;
}

/* The same for a calling area, or one of its own that this CPU already has (registry.h). */
static enum err check_area(gpa_t page, uint32_t apic_id, unsigned int vmpl)
{
	if (gpa_is_page(page) && pagestate_get(page) == PAGE_CAA) {
		return pagestate_owner(page) == vmpl && registry_can_take_area(page, apic_id, vmpl)
			       ? ERR_OK
			       : ERR_ADDRESS;
	}
	return check_new_page(page, vmpl);
}

static enum err clear_pending(gpa_t caa, unsigned int vmpl)
{
	const gpa_t pending = gpa_add(caa, offsetof(struct svsm_caa, call_pending));
	const uint8_t none = 0;

	return guestmem_write_locked(pending, &none, sizeof(none), vmpl);
}

/*
 * The place comes first: from the moment the page is a VMSA the host can run it, and then it can no
 * longer be taken back. A running VMSA that counted as the guest's page would be one that the
 * results of calls can be written to.
 */
static enum err add_vcpu(unsigned int vmpl, const struct registry_entry *values)
{
	struct registry_entry *entry;
	unsigned int new_vmpl = 0;
	enum err err = registry_add(values, &entry);

	if (err != ERR_OK) {
		return err;
	}
	err = vmsa_convert(values->vmsa, vmpl, &new_vmpl);
	if (err != ERR_OK) {
		registry_remove(entry);
		return err;
	}
	entry->vmpl = (uint8_t)new_vmpl;
	pagestate_become(values->vmsa, PAGE_VMSA);
	pagestate_set(values->caa, PAGE_SIZE, PAGE_CAA, new_vmpl);
	registry_take_area(entry);
	registry_leave(entry);
	return ERR_OK;
}

static enum err create_locked(unsigned int vmpl, gpa_t vmsa, gpa_t caa, uint32_t apic_id)
{
	const struct registry_entry values = {.vmsa = vmsa, .caa = caa, .apic_id = apic_id};
	enum err err = check_new_page(vmsa, vmpl);

	if (err == ERR_OK) {
		err = check_area(caa, apic_id, vmpl);
	}
	if (err == ERR_OK && (gpa_equal(vmsa, caa) || !is_known_cpu(apic_id))) {
		err = ERR_INVALID;
	}
	if (err == ERR_OK) {
		err = clear_pending(caa, vmpl);
	}
	return err == ERR_OK ? add_vcpu(vmpl, &values) : err;
}

enum err vcpu_create(unsigned int vmpl, gpa_t vmsa, gpa_t caa, uint32_t apic_id)
{
	enum err err;

	pagestate_lock_two(vmsa, caa);
	err = create_locked(vmpl, vmsa, caa, apic_id);
	pagestate_unlock_two(vmsa, caa);
	return err;
}

/* Pages of a vCPU that is gone; or its calling area alone, when it only makes no calls any more. */
static void free_pages(const struct registry_entry *entry, bool is_gone)
{
	if (is_gone) {
		pagestate_become(entry->vmsa, PAGE_GUEST);
	}
	if (!entry->has_no_area) {
		pagestate_become(entry->caa, PAGE_GUEST);
	}
}

/*
 * When an RMP instruction fails the page may be a VMSA or not, and nobody can write to it. It stays
 * the SVSM's, it is entered no more, and the guest can try again.
 */
enum err vcpu_delete(unsigned int vmpl, gpa_t vmsa)
{
	struct registry_entry *entry;
	gpa_t caa;
	enum err err = registry_claim(vmsa, vmpl, &entry);

	if (err != ERR_OK) {
		return err;
	}
	caa = entry->caa;
	pagestate_lock_two(vmsa, caa);
	err = vmsa_retire(vmsa, entry->vmpl);
	if (err != ERR_INUSE) {
		free_pages(entry, err == ERR_OK);
	}
	pagestate_unlock_two(vmsa, caa);
	if (err == ERR_OK) {
		registry_remove(entry);
	} else if (err == ERR_INUSE) {
		registry_leave(entry);
	} else {
		registry_leave_for_good(entry);
	}
	return err;
}

static enum err remap_locked(struct registry_entry *entry, gpa_t caa)
{
	enum err err = entry->has_no_area ? ERR_REQUEST : check_new_page(caa, entry->vmpl);

	if (err == ERR_OK) {
		err = clear_pending(caa, entry->vmpl);
	}
	/*
	 * The old area's as well, while it is one: the next moment it may be another CPU's, and
	 * what that has asked must not be taken away. That it is out of reach is no reason to
	 * refuse.
	 */
	if (err == ERR_OK) {
		(void)clear_pending(entry->caa, entry->vmpl);
		pagestate_become(entry->caa, PAGE_GUEST);
		pagestate_become(caa, PAGE_CAA);
		registry_set_caa(entry, caa);
	}
	return err;
}

enum err vcpu_remap_ca(gpa_t caa)
{
	struct registry_entry *entry = vcpu_this()->caller;
	gpa_t old;
	enum err err;

	if (entry == NULL) {
		return ERR_REQUEST;
	}
	old = entry->caa;
	if (gpa_equal(old, caa)) {
		return ERR_OK;
	}
	pagestate_lock_two(old, caa);
	err = remap_locked(entry, caa);
	pagestate_unlock_two(old, caa);
	return err;
}
