/*
 * Private to the IGVM reader: what one header may say, given those before it. Free of libc.
 */
#pragma once

#include "igvm_read.h"

/* Notes what is wrong at which file offset; returns err, so that a check can end with it. */
enum err igvm_check_refuse(struct igvm *igvm, enum err err, uint64_t at, const char *what);

/* A header of known type, size and section; finds its data. */
enum err igvm_check_item(struct igvm *igvm, struct igvm_item *item);
