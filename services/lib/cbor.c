/* Writing: libcbor's encoders, bounded by a struct wrbuf. */
#include "lib/cbor.h"

#include <cbor/encoding.h>
#include <cbor/internal/unicode.h>

static uint8_t *room_at(const struct wrbuf *out)
{
	return out->data + out->at;
}

static size_t room_left(const struct wrbuf *out)
{
	return out->failed ? 0 : out->bytes - out->at;
}

/* An encoder returns 0 where there is no room. */
static void advance(struct wrbuf *out, size_t written)
{
	out->failed = out->failed || written == 0;
	out->at += written;
}

/* Nothing may come with a null pointer, which memcpy() does not take. */
static void put_content(struct wrbuf *out, const void *data, size_t bytes)
{
	if (bytes != 0) {
		(void)wrbuf_put(out, data, bytes);
	}
}

void cbor_put_uint(struct wrbuf *out, uint64_t value)
{
	advance(out, cbor_encode_uint(value, room_at(out), room_left(out)));
}

void cbor_put_negative(struct wrbuf *out, uint64_t value)
{
	advance(out, cbor_encode_negint(value, room_at(out), room_left(out)));
}

void cbor_put_bytes(struct wrbuf *out, const void *data, size_t bytes)
{
	advance(out, cbor_encode_bytestring_start(bytes, room_at(out), room_left(out)));
	put_content(out, data, bytes);
}

void cbor_put_text(struct wrbuf *out, const char *text, size_t bytes)
{
	out->failed = out->failed || !cbor_is_text(text, bytes);
	advance(out, cbor_encode_string_start(bytes, room_at(out), room_left(out)));
	put_content(out, text, bytes);
}

void cbor_put_array(struct wrbuf *out, size_t count)
{
	advance(out, cbor_encode_array_start(count, room_at(out), room_left(out)));
}

void cbor_put_map(struct wrbuf *out, size_t pairs)
{
	advance(out, cbor_encode_map_start(pairs, room_at(out), room_left(out)));
}

void cbor_put_bool(struct wrbuf *out, bool value)
{
	advance(out, cbor_encode_bool(value, room_at(out), room_left(out)));
}

void cbor_put_null(struct wrbuf *out)
{
	advance(out, cbor_encode_null(room_at(out), room_left(out)));
}

bool cbor_is_text(const void *text, size_t bytes)
{
	struct _cbor_unicode_status status;

	/* How many characters it has is of no interest. */
	(void)!_cbor_unicode_codepoint_count(text, bytes, &status);
	return status.status == _CBOR_UNICODE_OK;
}
