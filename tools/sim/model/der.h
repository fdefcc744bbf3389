/*
 * Writing DER, backwards: the end of a structure first, since its length stands before it. What
 * does not fit is noted, and nothing is written any more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_BOOLEAN	 0x01
#define DER_INTEGER	 0x02
#define DER_BIT_STRING	 0x03
#define DER_OCTET_STRING 0x04
#define DER_OID		 0x06
#define DER_UTF8_STRING	 0x0C
#define DER_IA5_STRING	 0x16
#define DER_UTC_TIME	 0x17
#define DER_SEQUENCE	 0x30
#define DER_SET		 0x31
#define DER_CONTEXT(n)	 (0xA0 | (n)) /* constructed */

struct der {
	uint8_t *data;
	size_t at; /* the first byte written so far */
	size_t end;
	bool failed;
};

static inline struct der der_over(void *data, size_t bytes)
{
	return (struct der){.data = data, .at = bytes, .end = bytes};
}

static inline size_t der_bytes(const struct der *der)
{
	return der->end - der->at;
}

/* Bytes as they are. */
void der_put(struct der *der, const void *bytes, size_t count);
/* Tag and length for all that was written since der_bytes() was `mark`. */
void der_wrap(struct der *der, uint8_t tag, size_t mark);
/* A whole element. */
void der_element(struct der *der, uint8_t tag, const void *bytes, size_t count);
/* An INTEGER of a big-endian number that is not negative. */
void der_number(struct der *der, const uint8_t *bytes, size_t count);
