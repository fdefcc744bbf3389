/* Finds what would be wrong with a table of services before any of them starts. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "ipc/service_table.h"
#include "msg/image.h"

/* Whether names are the same; one of an image map fills its field without a NUL at its end. */
static inline bool service_name_equals(const char a[IMAGE_NAME_BYTES], const char *b)
{
	unsigned int n = 0;

	while (n < IMAGE_NAME_BYTES && a[n] == b[n] && b[n] != '\0') {
		n++;
	}
	return n == IMAGE_NAME_BYTES || a[n] == b[n];
}

/*
 * ERR_INVALID, and the log says what: more services than an image map has room for, or two with one
 * name, protocol or GUID, of which guests could reach only the first.
 */
enum err service_check(const struct service_entry *table, unsigned int count);
