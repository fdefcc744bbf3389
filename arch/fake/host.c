/* The host's side of the GHCB requests that the kernel makes. */
#include "arch/host.h"

#include <string.h>

#include "fake/fake.h"

#define PORT_SELECT 0x510
#define PORT_DATA   0x511

struct fake_host fake_host;

static const struct fake_item *selected;
static size_t selected_at;

static enum err request(void)
{
	fake_host.requests++;
	if (fake_host.fails_at != 0 && fake_host.requests >= fake_host.fails_at) {
		return ERR_HOST;
	}
	return ERR_OK;
}

enum err arch_host_run_vmpl(unsigned int vmpl)
{
	enum err err = request();

	if (err == ERR_OK && (fake_host.run == NULL || !fake_host.run(vmpl))) {
		err = ERR_HOST;
	}
	return err;
}

enum err arch_host_vcpu(uint32_t apic_id, unsigned int vmpl, unsigned int action, gpa_t vmsa,
			uint64_t features)
{
	enum err err = request();

	if (err == ERR_OK) {
		fake_host.vcpu_apic_id = apic_id;
		fake_host.vcpu_vmpl = vmpl;
		fake_host.vcpu_action = action;
		fake_host.vcpu_vmsa = vmsa.value;
		fake_host.vcpu_features = features;
	}
	return err;
}

enum err arch_host_apic_ids(uint32_t *ids, uint32_t max, uint32_t *count)
{
	enum err err = request();

	if (err != ERR_OK) {
		return err;
	}
	*count = fake_host.hides_apic_ids ? 1 : fake_host.apic_id_count;
	*count = *count < max ? *count : max;
	memcpy(ids, fake_host.apic_ids, *count * sizeof(*ids));
	return fake_host.hides_apic_ids ? ERR_UNSUPPORTED : ERR_OK;
}

enum err arch_host_port_out16(uint16_t port, uint16_t value)
{
	enum err err = request();

	selected = NULL;
	selected_at = 0;
	for (size_t i = 0; i < FAKE_ITEMS && port == PORT_SELECT; i++) {
		if (fake_host.items[i].data != NULL && fake_host.items[i].key == value) {
			selected = &fake_host.items[i];
		}
	}
	return err;
}

enum err arch_host_port_in(uint16_t port, void *dst, size_t bytes)
{
	enum err err = request();
	size_t have = 0;

	memset(dst, port == PORT_DATA ? 0 : 0xFF, bytes);
	if (err == ERR_OK && port == PORT_DATA && selected != NULL) {
		have = selected->bytes - selected_at;
		have = have < bytes ? have : bytes;
		memcpy(dst, (const uint8_t *)selected->data + selected_at, have);
		selected_at += have;
	}
	return err;
}
