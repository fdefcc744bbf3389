/*
 * The certificates of a chip: ARK (signs itself), ASK, VCEK. As AMD's, but for the names, which say
 * that they are a simulator's, and for the algorithm: all three are P-384, where AMD's ARK and ASK
 * are RSA-4096. The VCEK carries the chip's id and TCB in AMD's extensions.
 */
#pragma once

#include <stdint.h>

#include "psp.h"

#define PSP_CERT_BYTES_MAX 1000

/*
 * The table of an extended guest request: its entries, in the order of enum psp_cert, and the
 * certificates in DER. One page; ERR_NOMEM: the heap is empty.
 */
enum err psp_cert_table(const struct psp_chip *chip, uint8_t page[PAGE_SIZE]);
/* The key that signs reports; made once. */
enum err psp_make_vcek(struct psp *psp);
