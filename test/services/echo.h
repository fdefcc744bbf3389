/*
 * The service echo, by message only: what the carrying of messages is tested with. Only in test
 * images. The service and the test guest share this header.
 */
#pragma once

#include <stdint.h>

#define ECHO_PROTOCOL	 UINT32_C(0x4B45450F)
#define ECHO_VERSION_MIN 2
#define ECHO_VERSION_MAX 3

/* The reply is the request, after as many yields as its first byte says. */
#define ECHO_BACK 0
/* Ends the service. */
#define ECHO_DIE 1
/* The reply has 4097 bytes, or says so: that ends the service, too. */
#define ECHO_TOO_MUCH 2
/* The reply is one byte: the version that the caller asked for. */
#define ECHO_VERSION 3
