/*
 * What libcbor's build would make, for a service: no pretty printer, no stack of items. A service
 * has no floating point, so the library sees floats as integers of their size; what it makes of
 * their bits means nothing, and cbor.c refuses every float.
 */
#pragma once

#define CBOR_MAJOR_VERSION 0
#define CBOR_MINOR_VERSION 10
#define CBOR_PATCH_VERSION 2

#define CBOR_BUFFER_GROWTH	2
#define CBOR_MAX_STACK_SIZE	1
#define CBOR_PRETTY_PRINTER	0
#define CBOR_RESTRICT_SPECIFIER restrict
#define CBOR_INLINE_SPECIFIER

#define float uint32_t
#define double uint64_t
