/*
 * Messages that unit tests see, for test/system/messages_test.py: it runs the tests with
 * KEEL_MESSAGES set to a folder, and holds each file there against docs/cddl and another decoder.
 * So some unit test has to show a message of each file of docs/cddl, and none that is refused.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * `name`: of the message's file in docs/cddl, without .cddl; calls may share one. Nothing happens
 * where nobody collects.
 */
static inline void messages_seen(const char *name, const void *data, size_t bytes)
{
	static unsigned int count;
	const char *folder = getenv("KEEL_MESSAGES");
	char path[256];
	FILE *file;

	if (folder == NULL) {
		return;
	}
	snprintf(path, sizeof(path), "%s/%s.%u.cbor", folder, name, count++);
	file = fopen(path, "wb");
	if (file == NULL || fwrite(data, 1, bytes, file) != bytes || fclose(file) != 0) {
		perror(path);
		abort();
	}
}
