/*
 * CBOR (RFC 8949) for messages, in the one form that is allowed: the RFC's deterministic encoding
 * (section 4.2.1), without floats, tags and undefined. So a message has exactly one encoding, and
 * whoever compares or signs bytes compares or signs what they mean. Nothing is allocated.
 *
 * Writing: errors stick in the struct wrbuf, so one look at its `failed` at the end is enough, and
 * needed wherever a message could be too long or its text not UTF-8: nothing else tells. The order
 * of a map's keys is the writer's duty: unsigned integers, ascending.
 *
 * Reading: a cursor over hostile bytes; errors stick, as in struct rdbuf. After an error everything
 * reads as zero or empty, so a decoder reads a message from front to back and asks cbor_end() once,
 * before it uses anything. Counts and lengths never exceed what the input can still hold: loops
 * over them are bounded by its size.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Arrays and maps inside one another; one level more is refused. */
#define CBOR_DEPTH_MAX 8

void cbor_put_uint(struct wrbuf *out, uint64_t value);
void cbor_put_negative(struct wrbuf *out, uint64_t value); /* the number -1 - value */
void cbor_put_bytes(struct wrbuf *out, const void *data, size_t bytes);
void cbor_put_text(struct wrbuf *out, const char *text, size_t bytes); /* fails unless UTF-8 */
void cbor_put_array(struct wrbuf *out, size_t count); /* so many items follow */
void cbor_put_map(struct wrbuf *out, size_t pairs); /* so many keys follow, each with a value */
void cbor_put_bool(struct wrbuf *out, bool value);
void cbor_put_null(struct wrbuf *out);

bool cbor_is_text(const void *text, size_t bytes); /* UTF-8 from end to end */

enum cbor_kind {
	CBOR_NOTHING, /* there was an error */
	CBOR_UINT, /* the values of an item: the number, */
	CBOR_NEGATIVE, /* -1 - the number, */
	CBOR_BYTES, /* how many bytes, */
	CBOR_TEXT,
	CBOR_ARRAY, /* items, */
	CBOR_MAP, /* pairs, */
	CBOR_BOOL, /* 0 or 1, */
	CBOR_NULL, /* 0 */
};

struct cbor_item {
	enum cbor_kind kind;
	uint64_t value;
	const uint8_t *data; /* of bytes and text: in the input, no NUL at its end; else NULL */
};

/* What is left of an array, a map (keys and values both count) or the message. */
struct cbor_level {
	uint64_t left;
	const uint8_t *key; /* of a map, the last one as it is encoded, or NULL */
	size_t key_bytes;
	bool is_map;
};

struct cbor_reader {
	struct rdbuf in;
	uint32_t depth;
	struct cbor_level levels[CBOR_DEPTH_MAX + 1];
};

/* One message, which is one item and nothing behind it. */
struct cbor_reader cbor_reader_over(const void *data, size_t bytes);

/*
 * The next item, whatever it is; an array's or map's own items come next. False: an error. Maps
 * have numbers, bytes, text and the like for keys, never arrays or maps.
 */
bool cbor_next(struct cbor_reader *reader, struct cbor_item *item);

/* The next item, which has to be of this kind. */
uint64_t cbor_take_uint(struct cbor_reader *reader);
uint64_t cbor_take_negative(struct cbor_reader *reader); /* -1 - the number */
bool cbor_take_bool(struct cbor_reader *reader);
void cbor_take_null(struct cbor_reader *reader);
size_t cbor_take_array(struct cbor_reader *reader); /* items */
size_t cbor_take_map(struct cbor_reader *reader); /* pairs */
/*
 * In place; *bytes is 0 and the pointer NULL after an error, and only then: of nothing the pointer
 * is into the input as well. Text that is not UTF-8 is an error, like any other.
 */
const uint8_t *cbor_take_bytes(struct cbor_reader *reader, size_t *bytes);
const char *cbor_take_text(struct cbor_reader *reader, size_t *bytes);

/* The next item has to be this very number: the key of a map with a fixed shape. */
void cbor_take_key(struct cbor_reader *reader, uint64_t key);

/* One item with all that is in it. */
void cbor_skip(struct cbor_reader *reader);

/* For a decoder that finds a value it does not accept: an error from here on. */
void cbor_refuse(struct cbor_reader *reader);

/* ERR_OK: the message was read to its end without an error, nothing follows. Else ERR_FORMAT. */
enum err cbor_end(const struct cbor_reader *reader);
