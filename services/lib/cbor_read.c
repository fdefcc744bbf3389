/*
 * Reading: libcbor's streaming decoder finds the items; what is here counts them and refuses what
 * is not the one deterministic encoding.
 */
#include "lib/cbor.h"

#include "base/mem.h"

#include <cbor/streaming.h>

static void found(void *context, enum cbor_kind kind, uint64_t value, const uint8_t *data)
{
	struct cbor_item *item = context;

	*item = (struct cbor_item){.kind = kind, .value = value, .data = data};
}

static void found_uint8(void *context, uint8_t value)
{
	found(context, CBOR_UINT, value, NULL);
}

static void found_uint16(void *context, uint16_t value)
{
	found(context, CBOR_UINT, value, NULL);
}

static void found_uint32(void *context, uint32_t value)
{
	found(context, CBOR_UINT, value, NULL);
}

static void found_uint64(void *context, uint64_t value)
{
	found(context, CBOR_UINT, value, NULL);
}

static void found_negative8(void *context, uint8_t value)
{
	found(context, CBOR_NEGATIVE, value, NULL);
}

static void found_negative16(void *context, uint16_t value)
{
	found(context, CBOR_NEGATIVE, value, NULL);
}

static void found_negative32(void *context, uint32_t value)
{
	found(context, CBOR_NEGATIVE, value, NULL);
}

static void found_negative64(void *context, uint64_t value)
{
	found(context, CBOR_NEGATIVE, value, NULL);
}

static void found_bytes(void *context, cbor_data data, uint64_t bytes)
{
	found(context, CBOR_BYTES, bytes, data);
}

static void found_text(void *context, cbor_data data, uint64_t bytes)
{
	found(context, CBOR_TEXT, bytes, data);
}

static void found_array(void *context, uint64_t count)
{
	found(context, CBOR_ARRAY, count, NULL);
}

static void found_map(void *context, uint64_t pairs)
{
	found(context, CBOR_MAP, pairs, NULL);
}

static void found_bool(void *context, bool value)
{
	found(context, CBOR_BOOL, value, NULL);
}

static void found_null(void *context)
{
	found(context, CBOR_NULL, 0, NULL);
}

/* What is refused leaves the item as it was: CBOR_NOTHING. */
static void refused(void *context)
{
	(void)context;
}

static void refused_tag(void *context, uint64_t value)
{
	(void)context;
	(void)value;
}

/* Of two or four bytes; libcbor's floats are integers here (libcbor/cbor/configuration.h). */
static void refused_float(void *context, float value)
{
	(void)context;
	(void)value;
}

static void refused_double(void *context, double value)
{
	(void)context;
	(void)value;
}

static const struct cbor_callbacks callbacks = {
	.uint8 = found_uint8,
	.uint16 = found_uint16,
	.uint32 = found_uint32,
	.uint64 = found_uint64,
	.negint8 = found_negative8,
	.negint16 = found_negative16,
	.negint32 = found_negative32,
	.negint64 = found_negative64,
	.byte_string = found_bytes,
	.byte_string_start = refused,
	.string = found_text,
	.string_start = refused,
	.array_start = found_array,
	.indef_array_start = refused,
	.map_start = found_map,
	.indef_map_start = refused,
	.tag = refused_tag,
	.float2 = refused_float,
	.float4 = refused_float,
	.float8 = refused_double,
	.undefined = refused,
	.null = found_null,
	.boolean = found_bool,
	.indef_break = refused,
};

/* Of the shortest head that holds a value or a length; true, false and null count as values. */
static size_t head_bytes(uint64_t value)
{
	if (value < 24) {
		return 1;
	}
	if (value <= UINT8_MAX) {
		return 2;
	}
	if (value <= UINT16_MAX) {
		return 3;
	}
	return value <= UINT32_MAX ? 5 : 9;
}

/* An item by itself: there as a whole, of a kind that is allowed, in its shortest form. */
static bool decode(struct rdbuf *in, struct cbor_item *item)
{
	struct cbor_decoder_result result;
	uint64_t content;

	if (rdbuf_left(in) == 0) {
		return false;
	}
	result = cbor_stream_decode(in->data + in->at, rdbuf_left(in), &callbacks, item);
	content = item->data != NULL ? item->value : 0;
	if (result.status != CBOR_DECODER_FINISHED || item->kind == CBOR_NOTHING ||
	    result.read - content != head_bytes(item->value)) {
		return false;
	}
	if (item->kind == CBOR_TEXT && !cbor_is_text(item->data, item->value)) {
		return false;
	}
	return rdbuf_take(in, result.read) != NULL;
}

/* Keys ascend by the bytes of their encoding; of two encodings none is the other's beginning. */
static bool is_next_key(const struct cbor_level *level, const uint8_t *key, size_t bytes)
{
	size_t common = bytes < level->key_bytes ? bytes : level->key_bytes;

	return level->key == NULL || memcmp(level->key, key, common) < 0;
}

/* Counts an item in where it lies. It may be the message, an array's, a map's key or value. */
static bool place(struct cbor_level *level, const struct cbor_item *item, const uint8_t *encoded,
		  size_t bytes)
{
	if (level->left == 0) {
		return false;
	}
	if (level->is_map && level->left % 2 == 0) {
		if (item->kind == CBOR_ARRAY || item->kind == CBOR_MAP ||
		    !is_next_key(level, encoded, bytes)) {
			return false;
		}
		level->key = encoded;
		level->key_bytes = bytes;
	}
	level->left--;
	return true;
}

/* Into an array or map; every item that it promises takes at least one byte. */
static bool enter(struct cbor_reader *reader, const struct cbor_item *item)
{
	bool is_map = item->kind == CBOR_MAP;

	if (item->kind != CBOR_ARRAY && !is_map) {
		return true;
	}
	if (reader->depth == CBOR_DEPTH_MAX ||
	    item->value > rdbuf_left(&reader->in) / (is_map ? 2 : 1)) {
		return false;
	}
	reader->depth++;
	reader->levels[reader->depth] = (struct cbor_level){
		.left = is_map ? 2 * item->value : item->value, .is_map = is_map};
	return true;
}

struct cbor_reader cbor_reader_over(const void *data, size_t bytes)
{
	return (struct cbor_reader){.in = rdbuf_over(data, bytes), .levels = {{.left = 1}}};
}

bool cbor_next(struct cbor_reader *reader, struct cbor_item *item)
{
	struct rdbuf *in = &reader->in;
	size_t start = in->at;

	*item = (struct cbor_item){.kind = CBOR_NOTHING};
	if (!decode(in, item) ||
	    !place(&reader->levels[reader->depth], item, in->data + start, in->at - start) ||
	    !enter(reader, item)) {
		*item = (struct cbor_item){.kind = CBOR_NOTHING};
		in->failed = true;
		return false;
	}
	while (reader->depth > 0 && reader->levels[reader->depth].left == 0) {
		reader->depth--;
	}
	return true;
}

static struct cbor_item take(struct cbor_reader *reader, enum cbor_kind kind)
{
	struct cbor_item item;

	if (cbor_next(reader, &item) && item.kind != kind) {
		cbor_refuse(reader);
		item = (struct cbor_item){.kind = CBOR_NOTHING};
	}
	return item;
}

uint64_t cbor_take_uint(struct cbor_reader *reader)
{
	return take(reader, CBOR_UINT).value;
}

uint64_t cbor_take_negative(struct cbor_reader *reader)
{
	return take(reader, CBOR_NEGATIVE).value;
}

bool cbor_take_bool(struct cbor_reader *reader)
{
	return take(reader, CBOR_BOOL).value != 0;
}

void cbor_take_null(struct cbor_reader *reader)
{
	(void)take(reader, CBOR_NULL);
}

size_t cbor_take_array(struct cbor_reader *reader)
{
	return take(reader, CBOR_ARRAY).value;
}

size_t cbor_take_map(struct cbor_reader *reader)
{
	return take(reader, CBOR_MAP).value;
}

const uint8_t *cbor_take_bytes(struct cbor_reader *reader, size_t *bytes)
{
	struct cbor_item item = take(reader, CBOR_BYTES);

	*bytes = item.value;
	return item.data;
}

const char *cbor_take_text(struct cbor_reader *reader, size_t *bytes)
{
	struct cbor_item item = take(reader, CBOR_TEXT);

	*bytes = item.value;
	return (const char *)item.data;
}

void cbor_take_key(struct cbor_reader *reader, uint64_t key)
{
	struct cbor_item item = take(reader, CBOR_UINT);

	if (item.value != key) {
		cbor_refuse(reader);
	}
}

void cbor_skip(struct cbor_reader *reader)
{
	uint32_t depth = reader->depth;
	struct cbor_item item;

	while (cbor_next(reader, &item) && reader->depth > depth) {
	}
}

void cbor_refuse(struct cbor_reader *reader)
{
	reader->in.failed = true;
}

enum err cbor_end(const struct cbor_reader *reader)
{
	const struct rdbuf *in = &reader->in;
	bool is_whole = !in->failed && reader->levels[0].left == 0 && reader->depth == 0;

	return is_whole && in->at == in->bytes ? ERR_OK : ERR_FORMAT;
}
