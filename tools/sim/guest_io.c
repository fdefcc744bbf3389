/* The few ports that are not simply passed through. */
#include "guest_io.h"

#include "base/bits.h"
#include "fwcfg.h"
#include "log.h"
#include "memory.h"
#include "x86.h"

#define PORT_CMOS_INDEX 0x70
#define PORT_CMOS_DATA	0x71
#define PORT_KEYBOARD	0x64
#define PORT_FAST_A20	0x92
#define PORT_RESET	0xcf9
#define PORT_PM_CONTROL 0x604
#define FWCFG_LAST	0x51b

#define CMOS_LOW_16M_LOW  0x34 /* memory above 16 MiB, in 64 KiB */
#define CMOS_LOW_16M_HIGH 0x35

#define KEYBOARD_RESET	0xfe
#define RESET_CPU	0x04
#define PM_SLEEP_ENABLE 0x2000

static uint8_t cmos_index;

static uint32_t machine_read(uint16_t port, unsigned int size)
{
	return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
}

static void machine_write(uint16_t port, unsigned int size, uint32_t value)
{
	if (size == 1) {
		out8(port, (uint8_t)value);
	} else if (size == 2) {
		out16(port, (uint16_t)value);
	} else {
		out32(port, value);
	}
}

static uint32_t cmos_read(void)
{
	uint64_t chunks = (memory_hidden_base() - 0x1000000) >> 16;

	switch (cmos_index & 0x7f) {
	case CMOS_LOW_16M_LOW:
		return (uint32_t)(chunks & 0xff);
	case CMOS_LOW_16M_HIGH:
		return (uint32_t)(chunks >> 8 & 0xff);
	default:
		return in8(PORT_CMOS_DATA);
	}
}

uint32_t guest_io_read(uint16_t port, unsigned int size)
{
	if (port >= FWCFG_PORT_SELECT && port <= FWCFG_LAST) {
		return guest_fwcfg_read(port, size);
	}
	if (port == LOG_PORT) {
		return 0xff;
	}
	if (port == PORT_CMOS_DATA && size == 1) {
		return cmos_read();
	}
	return machine_read(port, size);
}

/* Writes that end the run; they would take the machine away before the log is complete. */
static void check_end(uint16_t port, uint32_t value)
{
	if (port == PORT_PM_CONTROL && (value & PM_SLEEP_ENABLE) != 0) {
		log_end("guest power-off");
	}
	if ((port == PORT_RESET && (value & RESET_CPU) != 0) ||
	    (port == PORT_KEYBOARD && (value & 0xff) == KEYBOARD_RESET) ||
	    (port == PORT_FAST_A20 && (value & 1) != 0)) {
		log_end("guest reset");
	}
}

void guest_io_write(uint16_t port, unsigned int size, uint32_t value)
{
	check_end(port, value);
	if (port >= FWCFG_PORT_SELECT && port <= FWCFG_LAST) {
		guest_fwcfg_write(port, size, value);
		return;
	}
	if (port == LOG_PORT) {
		return;
	}
	if (port == PORT_CMOS_INDEX) {
		cmos_index = (uint8_t)value;
	}
	machine_write(port, size, value);
}
