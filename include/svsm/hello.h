/*
 * The example that docs/write-a-service.md explains. Not in the shipped image: an image that wants
 * it adds an entry to its service table. Guests and tests share this header.
 */
#pragma once

#include <stdint.h>

#define HELLO_PROTOCOL UINT32_C(0x4B454801) /* of Keel's own numbers */
#define HELLO_VERSION  1

/* In RCX and RDX: two numbers; out RCX: their sum. INVALID_PARAMETER when it does not fit. */
#define HELLO_ADD 0
/* In RCX: gPA of a buffer within one page, RDX: its size; out RDX: bytes of greeting in it, with no
 * NUL. INVALID_PARAMETER when the buffer is too small or crosses its page. */
#define HELLO_GREET 1
