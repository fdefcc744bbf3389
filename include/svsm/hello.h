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
/* By message, called by name: docs/cddl/hello-welcome-request.cddl and hello-welcome-reply.cddl.
 * INVALID_FORMAT: not such a request; INVALID_PARAMETER: the name is too long. */
#define HELLO_WELCOME 2

/* Keys of the request's and of the reply's map. */
#define HELLO_REQUEST_NAME  0
#define HELLO_REPLY_WELCOME 0
#define HELLO_REPLY_VMPL    1

#define HELLO_NAME_MAX 64
