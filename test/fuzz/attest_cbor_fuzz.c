/*
 * The services manifest of services as the input has them. It is right if the reader finds in it
 * what docs/cddl/services-manifest.cddl says of them and nothing else, if each takes no more than
 * is reckoned with, and if only a name that is no text cannot be written.
 */
#include "attestation/attestation.h"

#include "lib/cbor.h"
#include "msg/image.h"
#include "written.h"

/* The input's start; services follow. */
struct head {
	uint16_t room;
	uint8_t count;
	uint8_t unused;
};

static struct sys_service services[IMAGE_SERVICES];
static size_t count;

static void put(struct wrbuf *out)
{
	attest_cbor_put(services, count, out);
}

static bool is_zero(const uint8_t *data, size_t bytes)
{
	while (bytes > 0 && data[bytes - 1] == 0) {
		bytes--;
	}
	return bytes == 0;
}

static bool are_texts(void)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = services[i].name;

		if (!cbor_is_text(name, strnlen(name, sizeof(services[i].name)))) {
			return false;
		}
	}
	return true;
}

static void take_uint(struct cbor_reader *in, uint64_t key, uint64_t value)
{
	cbor_take_key(in, key);
	FUZZ_CHECK(cbor_take_uint(in) == value);
}

static void take_bytes(struct cbor_reader *in, uint64_t key, const uint8_t *wanted, size_t bytes)
{
	const uint8_t *data;
	size_t found;

	cbor_take_key(in, key);
	data = cbor_take_bytes(in, &found);
	FUZZ_CHECK(data != NULL && found == bytes && memcmp(data, wanted, bytes) == 0);
}

static void take_service(struct cbor_reader *in, const struct sys_service *wanted)
{
	const bool has_guid = !is_zero(wanted->guid, sizeof(wanted->guid));
	const size_t start = in->in.at;
	const char *name;
	size_t bytes;

	FUZZ_CHECK(cbor_take_map(in) == (has_guid ? 5 : 4));
	cbor_take_key(in, 0);
	name = cbor_take_text(in, &bytes);
	FUZZ_CHECK(name != NULL && bytes == strnlen(wanted->name, sizeof(wanted->name)));
	FUZZ_CHECK(memcmp(name, wanted->name, bytes) == 0);
	take_bytes(in, 1, wanted->hash, sizeof(wanted->hash));
	cbor_take_key(in, 2);
	FUZZ_CHECK(cbor_take_array(in) == 1 && cbor_take_map(in) == 3);
	take_uint(in, 0, wanted->protocol);
	take_uint(in, 1, wanted->version_min);
	take_uint(in, 2, wanted->version_max);
	if (has_guid) {
		take_bytes(in, 3, wanted->guid, sizeof(wanted->guid));
	}
	cbor_take_key(in, 4);
	FUZZ_CHECK(cbor_take_bool(in) == ((wanted->flags & SYS_SERVICE_UP) != 0));
	FUZZ_CHECK(in->in.at - start <= ATTEST_CBOR_SERVICE_MAX);
}

static void check(const struct wrbuf *whole)
{
	struct cbor_reader in = cbor_reader_over(whole->data, whole->at);

	FUZZ_CHECK(cbor_take_map(&in) == 2);
	take_uint(&in, 0, 1);
	cbor_take_key(&in, 1);
	FUZZ_CHECK(cbor_take_array(&in) == count);
	FUZZ_CHECK(in.in.at <= ATTEST_CBOR_SERVICE_MAX);
	for (size_t i = 0; i < count; i++) {
		take_service(&in, &services[i]);
	}
	FUZZ_CHECK(cbor_end(&in) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t room[ATTEST_MANIFEST_MAX];
	struct wrbuf whole = wrbuf_over(room, sizeof(room));
	struct head head;

	if (bytes < sizeof(head)) {
		return 0;
	}
	memcpy(&head, data, sizeof(head));
	data += sizeof(head);
	bytes -= sizeof(head);
	memset(services, 0, sizeof(services));
	memcpy(services, data, bytes < sizeof(services) ? bytes : sizeof(services));
	count = head.count % (IMAGE_SERVICES + 1);
	put(&whole);
	FUZZ_CHECK(whole.failed == !are_texts());
	if (!whole.failed) {
		check(&whole);
		written_check(put, &whole, head.room % (whole.at + 1));
	}
	return 0;
}
