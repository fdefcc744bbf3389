/* The test guest: what its parts share. */
#pragma once

#include <stdint.h>

#include "base/bits.h"
#include "snp/ghcb.h"

#define SHARED	 UINT64_C(0x40000000) /* the same memory without the C-bit */
#define SECRETS	 UINT64_C(0xf000)
#define GHCB_GPA UINT64_C(0x201000)
#define AREA_B	 UINT64_C(0x600000) /* private, a 2M area */

volatile struct ghcb *guest_ghcb(void);
void guest_ghcb_mark(size_t bit);
#define GHCB_PUT(field, value)                                                                     \
	do {                                                                                       \
		guest_ghcb()->field = (value);                                                     \
		guest_ghcb_mark(GHCB_VALID(field));                                                \
	} while (0)

/* An event; the caller has put its other inputs. Returns EXITINFO1 << 32 | EXITINFO2, shortened. */
uint64_t guest_event(uint64_t code, uint64_t info_1, uint64_t info_2);
#define BAD(reason) ((UINT64_C(GHCB_RESULT_MALFORMED) << 32) | (reason))
/* The private page at gpa becomes shared. */
void guest_share(uint64_t gpa);

void guest_put_char(char c);
void guest_put_text(const char *text);
/* A check that is printed and counted. */
void guest_check(const char *what, uint64_t got, uint64_t want);

/* The instruction's result, or what it raised. */
typedef uint64_t insn(uint64_t, uint64_t, uint64_t);
uint64_t entry_try(insn *what, uint64_t a, uint64_t b, uint64_t c);
insn insn_pvalidate;
insn insn_rmpadjust;
insn insn_flush;
#define FLUSH_ALL 0x2C

void guest_set_gate(unsigned int vector, const char *handler);
/* This vector and the next one interrupt; others are exceptions. */
#define GUEST_INTERRUPTS 0x40

/* guest_interrupt.c: interrupts whose delivery takes a nested fault. */
void guest_interrupt_test(void);
/* guest_psp.c: guest messages. */
void guest_psp_test(void);
