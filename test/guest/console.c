/* Output on COM1. Lines that are too long are cut: the buffer is fixed. */
#include "console.h"

#include "ghcb.h"

#define COM1	       0x3F8
#define COM1_FCR       (COM1 + 2)
#define COM1_LCR       (COM1 + 3)
#define FCR_FIFO_RESET 0x07
#define LCR_8N1	       0x03
#define LINE_BYTES     512

static char line[LINE_BYTES];
static uint32_t used;

static void port_write(uint16_t port, uint8_t value)
{
	(void)ghcb_ioio(((uint64_t)port << IOIO_PORT_SHIFT) | IOIO_SIZE_8 | IOIO_ADDR_64, value);
}

void console_start(void)
{
	port_write(COM1_LCR, LCR_8N1);
	port_write(COM1_FCR, FCR_FIFO_RESET);
}

/* Room for the line's end is always kept. */
static void put(char c)
{
	if (used < LINE_BYTES - 2) {
		line[used++] = c;
	}
}

void console_text(const char *text)
{
	for (; *text != '\0'; text++) {
		put(*text);
	}
}

void console_hex(uint64_t value)
{
	static const char digits[] = "0123456789abcdef";
	int shift = 60;

	console_text("0x");
	while (shift > 0 && (value >> shift) == 0) {
		shift -= 4;
	}
	for (; shift >= 0; shift -= 4) {
		put(digits[(value >> shift) & 0xF]);
	}
}

void console_decimal(uint64_t value)
{
	char digits[20];
	int count = 0;

	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	while (count > 0) {
		put(digits[--count]);
	}
}

void console_line(void)
{
	line[used++] = '\r';
	line[used++] = '\n';
	ghcb_port_write_string(COM1, line, used);
	used = 0;
}
