"""A small IGVM file, made to order, and keys that are the same in every run."""

import struct
import zlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PAGE = 4096
DATA = bytes(range(256)) * 16
VMSA = (bytes(0x3B0) + b'\1' + bytes(7)).ljust(PAGE, b'V')
PLATFORM = struct.pack('<IBBHQ', 1, 0, 2, 1, 0)
POLICY = struct.pack('<QII', 0x30000, 1, 0)


def page(gpa, offset, kind=0, flags=0):
    """A header of page data."""
    return 0x302, struct.pack('<QIIIHH', gpa, 1, offset, flags, kind, 0)


def headers(pages=3):
    """One of each kind of header that is measured, and PAGES pages more; data comes right behind the headers."""
    found = [(1, PLATFORM), (0x101, POLICY), (0x301, struct.pack('<QII', 2 * PAGE, 7, 0)),
             (0x30C, struct.pack('<II', 7, 0)), (0x303, struct.pack('<QII', 0x2000, 1, 7))]
    plain = 24 + sum(8 + (len(payload) + 7) // 8 * 8 for _, payload in found) + 32 * (pages + 3) + 32 + 32
    start = (plain + PAGE - 1) // PAGE * PAGE
    found += [page(0x10000, start), page(0x11000, 0, 1), page(0x12000, 0, 2)]
    found += [page(0x20000 + PAGE * number, 0) for number in range(pages)]
    found += [(0x305, struct.pack('<QIIII', 0x100000, 1, PAGE, 0, 0)),
              (0x304, struct.pack('<QIIHH', 0xFFFFFFFFF000, 1, start + PAGE, 0, 0))]
    return found, start


def image(found=None, start=None, data=DATA + VMSA):
    """The bytes of a file with these headers."""
    if found is None:
        found, start = headers()
    body = b''.join(struct.pack('<II', kind, len(payload)) + payload + bytes(-len(payload) % 8)
                    for kind, payload in found)
    fixed = struct.pack('<5I', 0x4D564749, 1, 24, len(body), start + len(data))
    crc = zlib.crc32(fixed + bytes(4) + body)
    return (fixed + struct.pack('<I', crc) + body).ljust(start, b'\0') + data


def key(number, curve=ec.SECP384R1):
    """A private key; NUMBER says which."""
    return ec.derive_private_key(int.from_bytes(bytes([number]) * 24, 'big'), curve())


def pem(private):
    """A private key as a file has it."""
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption())


def public_pem(private):
    """Its public key likewise."""
    return private.public_key().public_bytes(serialization.Encoding.PEM,
                                             serialization.PublicFormat.SubjectPublicKeyInfo)
