/* The test guest's output on COM1, collected and sent by string I/O of the GHCB. */
#pragma once

#include <stdint.h>

void console_start(void);
void console_text(const char *text);
void console_hex(uint64_t value);
void console_decimal(uint64_t value);
/* Ends the line and sends what was collected. */
void console_line(void);
