/*
 * The services manifest (publication 58019, chapter 7): a table of GUIDs and, behind it, what each
 * service says of itself. A service without a manifest, or one that fails to give it, is in the
 * table with no data. Services without a GUID are not in it, nor are dead ones; all are in the last
 * entry, which is Keel's own.
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

_Static_assert(sizeof(struct svsm_manifest) +
			       SERVICES_MAX * (sizeof(struct svsm_manifest_entry) +
					       MSG_PAYLOAD_BYTES + ATTEST_CBOR_SERVICE_MAX) +
			       sizeof(struct svsm_manifest_entry) + ATTEST_CBOR_SERVICE_MAX <=
		       ATTEST_MANIFEST_MAX,
	       "the manifest of all services has to fit");

/* One call at a time is inside: the service is not re-entrant. */
static struct sys_service services[SERVICES_MAX];
static uint8_t data[ATTEST_MANIFEST_MAX];

enum err attest_pause(void)
{
	return sys_time_left() == 0 ? sys_yield() : ERR_OK;
}

static const uint8_t keel_guid[SYS_GUID_BYTES] = SVSM_MANIFEST_KEEL_GUID;

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
	return !sys_guid_is_none(service->guid) && (service->flags & SYS_SERVICE_UP) != 0;
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
struct builder {
	struct wrbuf table;
	struct wrbuf rest;
	size_t start; /* of the rest, in the manifest */
};

static void put_entry(struct builder *b, const uint8_t guid[SYS_GUID_BYTES], size_t from)
{
	struct svsm_manifest_entry entry = {
		.offset = (uint32_t)(b->start + from),
		.bytes = (uint32_t)(b->rest.at - from),
	};

	memcpy(entry.guid, guid, sizeof(entry.guid));
	(void)wrbuf_put(&b->table, &entry, sizeof(entry));
}

static uint32_t put_head(const struct builder *b, uint32_t entries, size_t *bytes)
{
	struct svsm_manifest head = {.guid = SVSM_MANIFEST_GUID, .count = entries};

	*bytes = b->start + b->rest.at;
	head.bytes = (uint32_t)*bytes;
	memcpy(data, &head, sizeof(head));
	return b->table.failed || b->rest.failed ? SVSM_ERR_INVALID_REQUEST : SVSM_SUCCESS;
}

static uint32_t make_all(struct msg_buffer *buffer, size_t count, size_t *bytes)
{
	uint32_t entries = 1; /* Keel's own */
	struct builder b;
	size_t from;

	for (size_t i = 0; i < count; i++) {
		entries += is_listed(&services[i]) ? 1 : 0;
	}
	b.start = sizeof(struct svsm_manifest) + entries * sizeof(struct svsm_manifest_entry);
	b.table = wrbuf_over(data + sizeof(struct svsm_manifest),
			     b.start - sizeof(struct svsm_manifest));
	b.rest = wrbuf_over(data + b.start, sizeof(data) - b.start);
	for (size_t i = 0; i < count; i++) {
		from = b.rest.at;
		if (is_listed(&services[i])) {
			/* Without its manifest if it fails: the others are attested all the same.
			 */
			(void)put_manifest(buffer, i, TABLE_VERSION, &b.rest);
			put_entry(&b, services[i].guid, from);
		}
	}
	from = b.rest.at;
	attest_cbor_put(services, count, &b.rest);
	put_entry(&b, keel_guid, from);
	return put_head(&b, entries, bytes);
}

static uint32_t make_cbor(size_t count, const struct attest_args *args, struct wrbuf *out)
{
	if (args->manifest_version != TABLE_VERSION) {
		return SVSM_ERR_INVALID_PARAMETER;
	}
	attest_cbor_put(services, count, out);
	return out->failed ? SVSM_ERR_INVALID_REQUEST : SVSM_SUCCESS;
}

static bool is_wanted(const struct sys_service *service, const struct attest_args *args)
{
	return is_listed(service) && memcmp(service->guid, args->guid, SYS_GUID_BYTES) == 0;
}

/* A report says nothing of which manifest it covers: one service's must not pass for the table. */
static bool is_like_a_table(const struct wrbuf *manifest)
{
	static const uint8_t table_guid[SYS_GUID_BYTES] = SVSM_MANIFEST_GUID;

	return manifest->at >= sizeof(table_guid) &&
	       memcmp(data, table_guid, sizeof(table_guid)) == 0;
}

static uint32_t make_single(struct msg_buffer *buffer, size_t count, const struct attest_args *args,
			    size_t *bytes)
{
	struct wrbuf out = wrbuf_over(data, sizeof(data));
	size_t index = 0;
	uint32_t result;

	while (index < count && !is_wanted(&services[index], args)) {
		index++;
	}
	if (index < count) {
		result = put_manifest(buffer, index, args->manifest_version, &out);
	} else if (memcmp(args->guid, keel_guid, sizeof(keel_guid)) == 0) {
		result = make_cbor(count, args, &out);
	} else {
		result = SVSM_ERR_UNSUPPORTED_PROTOCOL;
	}
	*bytes = out.at;
	return result == SVSM_SUCCESS && is_like_a_table(&out) ? SVSM_ERR_INVALID_REQUEST : result;
}

uint32_t attest_manifest_make(struct msg_buffer *buffer, const struct attest_args *args,
			      struct attest_manifest *manifest)
{
	size_t count = 0;

	if (list_services(buffer, &count) != ERR_OK) {
		return SVSM_ERR_INVALID_REQUEST;
	}
	manifest->data = data;
	return args->is_single ? make_single(buffer, count, args, &manifest->bytes)
			       : make_all(buffer, count, &manifest->bytes);
}
