/* A small, bounded formatter: %s %c %u %d %x with l and a zero-padded width. Nothing else. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"

/* Writes at most bytes - 1 characters and a NUL; returns the characters written. */
size_t fmt_vprint(char *out, size_t bytes, const char *format, va_list args);
size_t fmt_print(char *out, size_t bytes, const char *format, ...) PRINTF_LIKE(3, 4);
