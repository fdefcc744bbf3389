/* DER; see der.h. */
#include "der.h"

#include "base/mem.h"

#define LENGTH_SHORT_MAX 0x7f
#define LENGTH_ONE_BYTE	 0x81
#define LENGTH_TWO_BYTES 0x82

void der_put(struct der *der, const void *bytes, size_t count)
{
	if (der->failed || count > der->at) {
		der->failed = true;
		return;
	}
	der->at -= count;
	memcpy(der->data + der->at, bytes, count);
}

static void put_byte(struct der *der, size_t byte)
{
	uint8_t b = (uint8_t)byte;

	der_put(der, &b, 1);
}

void der_wrap(struct der *der, uint8_t tag, size_t mark)
{
	size_t length = der_bytes(der) - mark;

	if (length > LENGTH_SHORT_MAX) {
		put_byte(der, length);
		if (length > UINT8_MAX) {
			put_byte(der, length >> 8);
			put_byte(der, LENGTH_TWO_BYTES);
		} else {
			put_byte(der, LENGTH_ONE_BYTE);
		}
		der->failed |= length > UINT16_MAX;
	} else {
		put_byte(der, length);
	}
	put_byte(der, tag);
}

void der_element(struct der *der, uint8_t tag, const void *bytes, size_t count)
{
	size_t mark = der_bytes(der);

	der_put(der, bytes, count);
	der_wrap(der, tag, mark);
}

void der_number(struct der *der, const uint8_t *bytes, size_t count)
{
	size_t mark = der_bytes(der);

	while (count > 1 && bytes[0] == 0) {
		bytes++;
		count--;
	}
	der_put(der, bytes, count);
	if ((bytes[0] & 0x80) != 0) {
		put_byte(der, 0);
	}
	der_wrap(der, DER_INTEGER, mark);
}
