/* Addresses that no call may accept for a guest's page, whatever it wants it for. */
#pragma once

#include <stdint.h>

struct bad_address {
	const char *name;
	uint64_t gpa; /* page aligned */
};

/* Fills in what only the running guest knows; yields how many there are. */
unsigned int bad_addresses(const struct bad_address **list);
