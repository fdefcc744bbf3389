"""The SNP launch digest of an IGVM file, from the formula alone (publication 56860, 8.17.2).

Shares no code with the builder, the reader or the simulator: it is what they are compared with.
Run as a program it prints the digest of each file named.
"""

import hashlib
import struct
import sys

NORMAL, VMSA, UNMEASURED, SECRETS, CPUID = 1, 2, 4, 5, 6
PAGE_TYPES = {0: NORMAL, 1: SECRETS, 2: CPUID}
NO_CONTENTS = bytes(48)


def extend(digest, page_type, contents, gpa):
    info = digest + contents + struct.pack("<HBBBBBBQ", 0x70, page_type, 0, 0, 0, 0, 0, gpa)
    return hashlib.sha384(info).digest()


def headers(image):
    start, size = struct.unpack_from("<II", image, 8)
    at = start
    while at < start + size:
        kind, length = struct.unpack_from("<II", image, at)
        yield kind, image[at + 8:at + 8 + length]
        at += 8 + (length + 7) // 8 * 8


def launch_digest(path):
    with open(path, "rb") as file:
        image = file.read()
    digest = NO_CONTENTS
    areas = {}
    vmsas = []
    for kind, payload in headers(image):
        if kind == 0x301:
            size, index = struct.unpack_from("<QI", payload)
            areas[index] = size
        elif kind == 0x303:
            gpa, _, index = struct.unpack("<QII", payload)
            for page in range(gpa, gpa + areas[index], 4096):
                digest = extend(digest, UNMEASURED, NO_CONTENTS, page)
        elif kind == 0x302:
            gpa, _, offset, flags, data_type = struct.unpack_from("<QIIIH", payload)
            page_type = UNMEASURED if flags & 2 else PAGE_TYPES[data_type]
            page = image[offset:offset + 4096] if offset else bytes(4096)
            contents = hashlib.sha384(page).digest() if page_type == NORMAL else NO_CONTENTS
            digest = extend(digest, page_type, contents, gpa)
        elif kind == 0x304:
            gpa, _, offset = struct.unpack_from("<QII", payload)
            vmsas.append((gpa, hashlib.sha384(image[offset:offset + 4096]).digest()))
    for gpa, contents in vmsas:
        digest = extend(digest, VMSA, contents, gpa)
    return digest.hex()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(launch_digest(name), name)
