/* Protocol 0, typed. */
#include "base/compiler.h"
#include "base/mem.h"
#include "client/client.h"

static enum err core_call(struct client *client, struct client_call *call, uint32_t *result)
{
	enum err err = client_call(client, call);

	if (err == ERR_OK) {
		*result = (uint32_t)call->rax;
	}
	return err;
}

enum err client_query_protocol(struct client *client, uint32_t protocol, uint32_t version,
			       uint64_t *versions)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL),
		.rcx = ((uint64_t)protocol << 32) | version,
	};
	uint32_t result = 0;
	enum err err = core_call(client, &call, &result);

	if (err == ERR_OK && result != SVSM_SUCCESS) {
		err = ERR_UNSUPPORTED;
	}
	if (err == ERR_OK) {
		*versions = call.rcx;
	}
	return err;
}

enum err client_remap_ca(struct client *client, uint64_t caa_gpa, struct svsm_caa *caa,
			 uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_REMAP_CA),
		.rcx = caa_gpa,
	};
	enum err err = core_call(client, &call, result);

	if (err == ERR_OK && *result == SVSM_SUCCESS) {
		client->caa = caa;
	}
	return err;
}

enum err client_pvalidate(struct client *client, uint64_t list_gpa, uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_PVALIDATE),
		.rcx = list_gpa,
	};

	return core_call(client, &call, result);
}

enum err client_pvalidate_one(struct client *client, uint64_t caa_gpa, uint64_t entry,
			      uint32_t *result)
{
	const struct svsm_list header = {.count = 1};
	uint8_t *list = client->caa->buffer;

	memcpy(list, &header, sizeof(header));
	memcpy(list + sizeof(header), &entry, sizeof(entry));
	return client_pvalidate(client, caa_gpa + offsetof(struct svsm_caa, buffer), result);
}

enum err client_create_vcpu(struct client *client, uint64_t vmsa_gpa, uint64_t caa_gpa,
			    uint32_t apic_id, uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_CREATE_VCPU),
		.rcx = vmsa_gpa,
		.rdx = caa_gpa,
		.r8 = apic_id,
	};

	return core_call(client, &call, result);
}

enum err client_delete_vcpu(struct client *client, uint64_t vmsa_gpa, uint32_t *result)
{
	struct client_call call = {
		.rax = SVSM_CALL(SVSM_PROTOCOL_CORE, SVSM_CORE_DELETE_VCPU),
		.rcx = vmsa_gpa,
	};

	return core_call(client, &call, result);
}
