/*
 * Bounded cursors over untrusted bytes: the one bounds check of the code base. Errors stick: after
 * the first read or write that does not fit, every later one fails too and yields zeros, so a
 * parser may check once, at its end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct rdbuf {
	const uint8_t *data;
	size_t bytes;
	size_t at;
	bool failed;
};

struct wrbuf {
	uint8_t *data;
	size_t bytes;
	size_t at;
	bool failed;
};

static inline struct rdbuf rdbuf_over(const void *data, size_t bytes)
{
	return (struct rdbuf){ .data = data, .bytes = bytes };
}

static inline struct wrbuf wrbuf_over(void *data, size_t bytes)
{
	return (struct wrbuf){ .data = data, .bytes = bytes };
}

static inline size_t rdbuf_left(const struct rdbuf *b)
{
	return b->failed ? 0 : b->bytes - b->at;
}

/* The next bytes in place, or NULL (and the cursor has failed). */
static inline const void *rdbuf_take(struct rdbuf *b, size_t bytes)
{
	if (b->failed || bytes > b->bytes - b->at) {
		b->failed = true;
		return NULL;
	}
	b->at += bytes;
	return b->data + b->at - bytes;
}

/* Copies the next bytes out; dst is zeroed where they do not exist. */
static inline bool rdbuf_copy(struct rdbuf *b, void *dst, size_t bytes)
{
	const void *src = rdbuf_take(b, bytes);

	if (src == NULL) {
		memset(dst, 0, bytes);
		return false;
	}
	memcpy(dst, src, bytes);
	return true;
}

static inline uint8_t rdbuf_u8(struct rdbuf *b)
{
	uint8_t v;

	(void)rdbuf_copy(b, &v, sizeof(v));
	return v;
}

static inline uint16_t rdbuf_u16(struct rdbuf *b)
{
	uint16_t v;

	(void)rdbuf_copy(b, &v, sizeof(v));
	return v;
}

static inline uint32_t rdbuf_u32(struct rdbuf *b)
{
	uint32_t v;

	(void)rdbuf_copy(b, &v, sizeof(v));
	return v;
}

static inline uint64_t rdbuf_u64(struct rdbuf *b)
{
	uint64_t v;

	(void)rdbuf_copy(b, &v, sizeof(v));
	return v;
}

/* Moves the cursor to an absolute offset inside the buffer. */
static inline bool rdbuf_seek(struct rdbuf *b, size_t at)
{
	if (b->failed || at > b->bytes) {
		b->failed = true;
		return false;
	}
	b->at = at;
	return true;
}

/* Room for the next bytes, or NULL (and the cursor has failed). */
static inline void *wrbuf_claim(struct wrbuf *b, size_t bytes)
{
	if (b->failed || bytes > b->bytes - b->at) {
		b->failed = true;
		return NULL;
	}
	b->at += bytes;
	return b->data + b->at - bytes;
}

static inline bool wrbuf_put(struct wrbuf *b, const void *src, size_t bytes)
{
	void *dst = wrbuf_claim(b, bytes);

	if (dst != NULL) {
		memcpy(dst, src, bytes);
	}
	return dst != NULL;
}
