/*
 * CBOR by the input's grace. What is accepted has one encoding only: written again it is the same
 * bytes, and every shorter prefix of it is refused.
 */
#include "fuzz.h"

#include "lib/cbor.h"
#include "vectors.h"

/* Longer ones are looked at, but not prefix by prefix. */
#define PREFIXES_MAX 128

static void check_prefixes(const uint8_t *data, size_t bytes)
{
	static uint8_t room[COPY_BYTES];

	for (size_t shorter = 0; shorter < bytes; shorter++) {
		struct wrbuf out = wrbuf_over(room, sizeof(room));

		FUZZ_CHECK(vector_copy(data, shorter, &out) == ERR_FORMAT);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	uint8_t *room = malloc(bytes + 1);
	struct wrbuf out = wrbuf_over(room, bytes + 1);
	struct cbor_reader reader = cbor_reader_over(data, bytes);

	if (vector_copy(data, bytes, &out) == ERR_OK) {
		FUZZ_CHECK(!out.failed && out.at == bytes && memcmp(room, data, bytes) == 0);
		cbor_skip(&reader);
		FUZZ_CHECK(cbor_end(&reader) == ERR_OK);
		if (bytes <= PREFIXES_MAX) {
			check_prefixes(data, bytes);
		}
	} else {
		cbor_skip(&reader);
		FUZZ_CHECK(cbor_end(&reader) == ERR_FORMAT);
	}
	free(room);
	return 0;
}
