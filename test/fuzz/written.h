/* What a writer of messages makes of less room than it needs, and of just enough. */
#pragma once

#include <string.h>

#include "base/buf.h"
#include "fuzz.h"

/*
 * With `room` bytes, at most those of the whole message, the writer fails or writes that message
 * again; what is there of it is right. The block is no longer, so that a sanitizer sees a write
 * behind it.
 */
static inline void written_check(void (*put)(struct wrbuf *out), const struct wrbuf *whole,
				 size_t room)
{
	uint8_t *data = malloc(room);
	struct wrbuf out = wrbuf_over(data, room);

	put(&out);
	FUZZ_CHECK(out.failed == (room < whole->at) && out.at <= room);
	FUZZ_CHECK(out.failed || out.at == whole->at);
	FUZZ_CHECK(memcmp(data, whole->data, out.at) == 0);
	free(data);
}
