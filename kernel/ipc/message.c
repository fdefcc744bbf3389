/*
 * The kernel's part of Keel's message protocol: it reads the descriptor once, finds the service and
 * has the bytes carried. What they mean is between guest and service.
 */
#include "message.h"

#include "base/mem.h"
#include "base/overflow.h"
#include "ipc/service.h"
#include "mm/guestmem.h"
#include "msg/msg.h"
#include "svsm/core.h"
#include "svsm/keel.h"
#include "svsm/protocol.h"
#include "svsm/result.h"

_Static_assert(SVSM_KEEL_BYTES_MAX == MSG_PAYLOAD_BYTES, "a message is a payload");
_Static_assert(SVSM_KEEL_NAME_BYTES == SYS_SERVICE_NAME_BYTES, "names are as long everywhere");

static enum err list(struct route_call *call)
{
	struct service *service = call->rcx <= UINT32_MAX ? service_at((uint32_t)call->rcx) : NULL;
	const struct service_entry *entry;
	struct sys_service about;
	uint64_t flags;

	if (service == NULL) {
		return ERR_INVALID;
	}
	entry = service_entry_of(service);
	service_describe(service, &about);
	flags = (service_is_up(service) ? SVSM_KEEL_UP : 0u) |
		(entry->messages ? SVSM_KEEL_MESSAGES : 0u);
	call->rcx = SVSM_PROTOCOL_VERSIONS(entry->version_max, entry->version_min);
	call->rdx = flags << 32 | entry->protocol;
	memcpy(&call->r8, about.name, sizeof(call->r8));
	memcpy(&call->r9, about.name + sizeof(call->r8), sizeof(call->r9));
	return ERR_OK;
}

/* gPAs may be any: a copy that leaves the guest's memory fails, one that wraps must not begin. */
static enum err decode(const struct route_call *call, struct svsm_keel_call *raw)
{
	enum err err = is_aligned(call->rcx, sizeof(uint64_t)) ? ERR_OK : ERR_INVALID;
	uint64_t end;

	if (err == ERR_OK) {
		err = guestmem_read(gpa(call->rcx), raw, sizeof(*raw), call->vmpl);
	}
	if (err == ERR_OK && (raw->reserved_24 != 0 || raw->reserved_34 != 0)) {
		err = ERR_FORMAT;
	}
	if (err == ERR_OK && (raw->request_bytes > SVSM_KEEL_BYTES_MAX ||
			      !add_fits(raw->request_gpa, raw->request_bytes, &end) ||
			      !add_fits(raw->reply_gpa, raw->reply_bytes, &end))) {
		err = ERR_INVALID;
	}
	return err;
}

static struct service *find(const struct svsm_keel_call *wanted)
{
	struct sys_service about;
	struct service *service;

	for (uint32_t i = 0; (service = service_at(i)) != NULL; i++) {
		service_describe(service, &about);
		if (service_entry_of(service)->messages &&
		    memcmp(about.name, wanted->name, sizeof(about.name)) == 0) {
			return service;
		}
	}
	return NULL;
}

static enum err perform(struct route_call *call, const struct svsm_keel_call *wanted,
			struct service *service)
{
	const struct service_entry *entry = service_entry_of(service);
	struct route_call inner = {
		.protocol = entry->protocol,
		.call = wanted->call,
		.vmpl = call->vmpl,
		.vcpu = call->vcpu,
		.rcx = wanted->version,
		.flags = MSG_BY_NAME,
		.payload =
			{
				.request = gpa(wanted->request_gpa),
				.reply = gpa(wanted->reply_gpa),
				.request_bytes = wanted->request_bytes,
				.reply_room = wanted->reply_bytes,
			},
	};
	enum err err;

	if (wanted->version < entry->version_min || wanted->version > entry->version_max ||
	    wanted->call == MSG_CALL_MANIFEST) {
		return ERR_INVALID;
	}
	err = service_call(service, &inner);
	if (err == ERR_OK) {
		call->result = inner.result;
		call->rcx = inner.payload.reply_bytes;
	}
	return err;
}

static enum err call_by_name(struct route_call *call)
{
	struct svsm_keel_call wanted;
	enum err err = decode(call, &wanted);
	struct service *service;

	if (err != ERR_OK) {
		return err;
	}
	service = find(&wanted);
	if (service == NULL) {
		call->result = SVSM_ERR_UNSUPPORTED_PROTOCOL;
		return ERR_OK;
	}
	return perform(call, &wanted, service);
}

void message_dispatch(struct route_call *call)
{
	enum err err = ERR_UNSUPPORTED;

	call->result = SVSM_SUCCESS;
	if (call->call == SVSM_KEEL_LIST) {
		err = list(call);
	} else if (call->call == SVSM_KEEL_CALL) {
		err = call_by_name(call);
		if (err == ERR_INVALID) {
			/* An address in the first page would look like the size of a reply. */
			call->rcx = 0;
		}
	}
	if (err != ERR_OK) {
		call->result = svsm_result(err);
	}
}
