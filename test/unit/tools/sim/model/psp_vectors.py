"""Makes psp_vectors.h: guest messages sealed and opened by python3-cryptography and hashlib, not by the model.

    /usr/bin/python3 psp_vectors.py > psp_vectors.h
"""

import hashlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEYS = [bytes((17 * n + i) & 0xff for i in range(32)) for n in range(4)]
SECRET = bytes(range(48))
MEASUREMENT = bytes((3 * i) & 0xff for i in range(48))
HOST_DATA = bytes(0xa0 + i for i in range(32))
TCB = 4 | 22 << 48 | 213 << 56
POLICY = 0x30000
FIELDS_POLICY_MEASUREMENT_TCB = 0x29
KEY_REQ, KEY_RSP, TSC_REQ, TSC_RSP = 3, 4, 17, 18


def seal(vmpck, sequence, kind, payload):
    """A guest message (publication 56860, section 8.26)."""
    covered = struct.pack('<BBHBBHIB35x', 1, 1, 0x60, kind, 1, len(payload), 0, vmpck)
    sealed = AESGCM(KEYS[vmpck]).encrypt(struct.pack('<Q4x', sequence), payload, covered)
    return sealed[-16:] + bytes(16) + struct.pack('<QQ', sequence, 0) + covered + sealed[:-16]


def derive(vmpl, fields, tcb):
    """The model's own derivation, as psp_derive.c says it."""
    mix = b'keel derived key' + SECRET + struct.pack('<QIIQII', tcb, 0, 0, fields, vmpl, 0)
    mix += struct.pack('<QQ', tcb, POLICY) + bytes(32) + MEASUREMENT + HOST_DATA + bytes(48)
    return hashlib.sha384(mix).digest()[:32]


def show(name, data):
    """One array of C."""
    print(f'\nstatic const uint8_t {name}[] = {{')
    for at in range(0, len(data), 12):
        print('\t' + ' '.join(f'0x{byte:02x},' for byte in data[at:at + 12]))
    print('};')


def main():
    """The whole header."""
    old_tcb = 3 | 21 << 48 | 100 << 56
    key_req = struct.pack('<IIQIIQ', 0, 0, FIELDS_POLICY_MEASUREMENT_TCB, 2, 0, old_tcb)
    key = derive(2, FIELDS_POLICY_MEASUREMENT_TCB, old_tcb)
    print('/* Made by psp_vectors.py, with python3-cryptography. */\n#pragma once\n\n#include <stdint.h>')
    show('vector_key_req', seal(2, 1, KEY_REQ, key_req))
    show('vector_key_rsp', seal(2, 2, KEY_RSP, bytes(32) + key))
    show('vector_tsc_req', seal(0, 1, TSC_REQ, bytes(128)))
    show('vector_tsc_rsp', seal(0, 2, TSC_RSP, struct.pack('<IIQQI100x', 0, 0, 1 << 32, 0, 0)))


if __name__ == '__main__':
    main()
