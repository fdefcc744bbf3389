/*
 * Ports as the guest sees them: the machine's, except that fw_cfg and the CMOS tell of less memory,
 * that fw_cfg moves data to shared pages only, that the simulator's log is not there, and that a
 * reset or power-off ends the run.
 */
#pragma once

#include <stdint.h>

uint32_t guest_io_read(uint16_t port, unsigned int size);
void guest_io_write(uint16_t port, unsigned int size, uint32_t value);

/* guest_fwcfg.c: ports 0x510..0x51b. */
uint32_t guest_fwcfg_read(uint16_t port, unsigned int size);
void guest_fwcfg_write(uint16_t port, unsigned int size, uint32_t value);
