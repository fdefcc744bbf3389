/* The services manifest in CBOR: keys are docs/cddl/services-manifest.cddl's. */
#include "attestation/attestation.h"

#include "lib/cbor.h"

#define FORMAT_VERSION 1

enum manifest_key { MANIFEST_VERSION, MANIFEST_SERVICES, MANIFEST_KEYS };

enum service_key {
	SERVICE_NAME,
	SERVICE_HASH,
	SERVICE_PROTOCOLS,
	SERVICE_GUID,
	SERVICE_IS_UP,
	SERVICE_KEYS
};

enum protocol_key { PROTOCOL_NUMBER, PROTOCOL_LOWEST, PROTOCOL_HIGHEST, PROTOCOL_KEYS };

static size_t name_bytes(const struct sys_service *service)
{
	size_t n = 0;

	while (n < sizeof(service->name) && service->name[n] != '\0') {
		n++;
	}
	return n;
}

static void put_protocols(const struct sys_service *service, struct wrbuf *out)
{
	cbor_put_array(out, 1);
	cbor_put_map(out, PROTOCOL_KEYS);
	cbor_put_uint(out, PROTOCOL_NUMBER);
	cbor_put_uint(out, service->protocol);
	cbor_put_uint(out, PROTOCOL_LOWEST);
	cbor_put_uint(out, service->version_min);
	cbor_put_uint(out, PROTOCOL_HIGHEST);
	cbor_put_uint(out, service->version_max);
}

static void put_service(const struct sys_service *service, struct wrbuf *out)
{
	bool has_guid = !sys_guid_is_none(service->guid);

	cbor_put_map(out, has_guid ? SERVICE_KEYS : SERVICE_KEYS - 1);
	cbor_put_uint(out, SERVICE_NAME);
	cbor_put_text(out, service->name, name_bytes(service));
	cbor_put_uint(out, SERVICE_HASH);
	cbor_put_bytes(out, service->hash, sizeof(service->hash));
	cbor_put_uint(out, SERVICE_PROTOCOLS);
	put_protocols(service, out);
	if (has_guid) {
		cbor_put_uint(out, SERVICE_GUID);
		cbor_put_bytes(out, service->guid, sizeof(service->guid));
	}
	cbor_put_uint(out, SERVICE_IS_UP);
	cbor_put_bool(out, (service->flags & SYS_SERVICE_UP) != 0);
}

void attest_cbor_put(const struct sys_service *services, size_t count, struct wrbuf *out)
{
	cbor_put_map(out, MANIFEST_KEYS);
	cbor_put_uint(out, MANIFEST_VERSION);
	cbor_put_uint(out, FORMAT_VERSION);
	cbor_put_uint(out, MANIFEST_SERVICES);
	cbor_put_array(out, count);
	for (size_t i = 0; i < count; i++) {
		put_service(&services[i], out);
	}
}
