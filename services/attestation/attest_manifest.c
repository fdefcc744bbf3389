/*
 * The services manifest (publication 58019, chapter 7): a table of GUIDs and, behind it, what each
 * service says of itself. A service without a manifest, or one that fails to give it, is in the
 * table with no data. Services without a GUID are not in it, nor are dead ones.
 */
#include "attestation/attestation.h"

#include "base/buf.h"
#include "base/mem.h"
#include "msg/image.h"
#include "rt/service.h"
#include "rt/sys.h"
#include "svsm/protocol.h"

#define SERVICES_MAX IMAGE_SERVICES

/* Where a peer's answer lies: a header, and the payload right behind. */
#define ANSWER_DATA sizeof(struct msg_header)

/* The version that goes into the table. */
#define TABLE_VERSION 0

_Static_assert(sizeof(struct svsm_manifest) + SERVICES_MAX * (sizeof(struct svsm_manifest_entry) +
							      MSG_PAYLOAD_BYTES) <=
		       ATTEST_MANIFEST_MAX,
	       "the manifest of all services has to fit");

/* One call at a time is inside: the service is not re-entrant. */
static struct sys_service services[SERVICES_MAX];
static uint8_t data[ATTEST_MANIFEST_MAX];

enum err attest_pause(void)
{
	return sys_time_left() == 0 ? sys_yield() : ERR_OK;
}

static enum err list_services(const struct msg_buffer *buffer, size_t *count)
{
	size_t n = 0;
	enum err err = ERR_OK;

	while (n < SERVICES_MAX) {
		err = sys_service(n, SERVICE_SCRATCH);
		if (err != ERR_OK) {
			break;
		}
		memcpy(&services[n], buffer->scratch, sizeof(services[n]));
		n++;
	}
	*count = n;
	return err == ERR_INVALID ? ERR_OK : err;
}

static bool is_listed(const struct sys_service *service)
{
	static const uint8_t none[SYS_GUID_BYTES];

	return memcmp(service->guid, none, sizeof(none)) != 0 &&
	       (service->flags & SYS_SERVICE_UP) != 0;
}

/* Asks until the peer is free and done. Its answer lies in scratch, as sys_peer() leaves it. */
static enum err ask_peer(struct msg_buffer *buffer, size_t index, uint32_t version)
{
	struct msg_header request = {
		.version = MSG_VERSION,
		.protocol = services[index].protocol,
		.call = MSG_CALL_MANIFEST,
		.rcx = version,
	};
	enum err err = attest_pause();
	bool is_waiting = err == ERR_OK;

	while (is_waiting) {
		memcpy(buffer->scratch, &request, sizeof(request));
		err = sys_peer(index, SERVICE_SCRATCH, MSG_PAYLOAD_BYTES);
		is_waiting = err == ERR_AGAIN || err == ERR_BUSY;
		if (is_waiting && sys_yield() != ERR_OK) {
			return ERR_REQUEST;
		}
	}
	return err;
}

/* Appends what a service says of itself to `out`. */
static uint32_t put_manifest(struct msg_buffer *buffer, size_t index, uint32_t version,
			     struct wrbuf *out)
{
	struct msg_header answer;
	enum err err;

	if ((services[index].flags & SYS_SERVICE_MANIFEST) == 0) {
		return version == TABLE_VERSION ? SVSM_SUCCESS : SVSM_ERR_INVALID_PARAMETER;
	}
	err = ask_peer(buffer, index, version);
	if (err != ERR_OK) {
		return err == ERR_DEAD ? SVSM_ERR_KEEL_SERVICE_DIED : SVSM_ERR_INVALID_REQUEST;
	}
	memcpy(&answer, buffer->scratch, sizeof(answer));
	/* No such version; any other code has no meaning here, whatever the service meant. */
	if (answer.result == SVSM_ERR_INVALID_PARAMETER) {
		return answer.result;
	}
	if (answer.result != SVSM_SUCCESS || answer.payload_bytes > MSG_PAYLOAD_BYTES ||
	    !wrbuf_put(out, buffer->scratch + ANSWER_DATA, answer.payload_bytes)) {
		return SVSM_ERR_INVALID_REQUEST;
	}
	return SVSM_SUCCESS;
}

/* Table and data grow apart, each in its own part of the memory. */
static size_t make_all(struct msg_buffer *buffer, size_t count)
{
	struct svsm_manifest head = {.guid = SVSM_MANIFEST_GUID};
	size_t table_bytes = sizeof(head);
	struct wrbuf table;
	struct wrbuf rest;

	for (size_t i = 0; i < count; i++) {
		head.count += is_listed(&services[i]) ? 1 : 0;
	}
	table_bytes += head.count * sizeof(struct svsm_manifest_entry);
	table = wrbuf_over(data + sizeof(head), table_bytes - sizeof(head));
	rest = wrbuf_over(data + table_bytes, sizeof(data) - table_bytes);
	for (size_t i = 0; i < count; i++) {
		struct svsm_manifest_entry entry = {.offset = (uint32_t)(table_bytes + rest.at)};

		if (is_listed(&services[i])) {
			/* Without its manifest if it fails: the others are attested all the same.
			 */
			(void)put_manifest(buffer, i, TABLE_VERSION, &rest);
			memcpy(entry.guid, services[i].guid, sizeof(entry.guid));
			entry.bytes = (uint32_t)(table_bytes + rest.at) - entry.offset;
			(void)wrbuf_put(&table, &entry, sizeof(entry));
		}
	}
	head.bytes = (uint32_t)(table_bytes + rest.at);
	memcpy(data, &head, sizeof(head));
	return head.bytes;
}

static uint32_t make_single(struct msg_buffer *buffer, size_t count, const struct attest_args *args,
			    size_t *bytes)
{
	struct wrbuf out = wrbuf_over(data, sizeof(data));
	size_t index = 0;
	uint32_t result;

	while (index < count && (!is_listed(&services[index]) ||
				 memcmp(services[index].guid, args->guid, SYS_GUID_BYTES) != 0)) {
		index++;
	}
	if (index == count) {
		return SVSM_ERR_UNSUPPORTED_PROTOCOL;
	}
	result = put_manifest(buffer, index, args->manifest_version, &out);
	*bytes = out.at;
	return result;
}

uint32_t attest_manifest_make(struct msg_buffer *buffer, const struct attest_args *args,
			      struct attest_manifest *manifest)
{
	size_t count = 0;
	uint32_t result = SVSM_SUCCESS;

	if (list_services(buffer, &count) != ERR_OK) {
		return SVSM_ERR_INVALID_REQUEST;
	}
	manifest->data = data;
	if (args->is_single) {
		result = make_single(buffer, count, args, &manifest->bytes);
	} else {
		manifest->bytes = make_all(buffer, count);
	}
	return result;
}
