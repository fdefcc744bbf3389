#!/usr/bin/python3
"""Makes small IGVM files for the simulator's own tests, without keel-igvm.

    mkigvm.py --ovmf OVMF.fd OUTPUT         stock firmware as a VMPL0 guest, no SVSM
    mkigvm.py --flat CODE.bin OUTPUT        code at 0x10000, entered in 32-bit protected mode there;
                                            CPUID page at 0xe000, secrets page at 0xf000
"""
import argparse
import struct
import zlib

PAGE = 4096
VMSA_GPA = 0xFFFFFFFFF000
NORMAL, SECRETS, CPUID = 0, 1, 2
METADATA_GUID = bytes.fromhex("666588dc4a989847a75e5585a7bf67cc")


def segment(selector, attributes, limit, base):
    return struct.pack("<HHIQ", selector, attributes, limit, base)


def vmsa(fields, code, data):
    page = bytearray(PAGE)
    page[0x00:0xA0] = b"".join([data, code, data, data, data, data, segment(0, 0, 0xFFFF, 0),
                                segment(0, 0x82, 0xFFFF, 0), segment(0, 0, 0xFFFF, 0),
                                segment(0, 0x8B, 0xFFFF, 0)])
    values = {0xD0: 0x1000, 0x158: 0x10, 0x160: 0x400, 0x168: 0xFFFF0FF0, 0x170: 2,
              0x268: 0x0007040600070406, 0x3B0: 1, 0x3E8: 1}
    values.update(fields)
    for offset, value in values.items():
        struct.pack_into("<Q", page, offset, value)
    struct.pack_into("<I", page, 0x408, 0x1F80)
    struct.pack_into("<H", page, 0x410, 0x37F)
    return bytes(page)


def ovmf_sections(image):
    at = len(image) - 0x20
    end = at - struct.unpack_from("<H", image, at - 18)[0]
    at -= 18
    while at > end:
        size = struct.unpack_from("<H", image, at - 18)[0]
        if image[at - 16:at] == METADATA_GUID:
            start = len(image) - struct.unpack_from("<I", image, at - 18 - 4)[0]
            count = struct.unpack_from("<I", image, start + 12)[0]
            return [struct.unpack_from("<III", image, start + 16 + 12 * i) for i in range(count)]
        at -= size
    raise SystemExit("no SEV metadata in this firmware")


def ovmf_pages(image):
    pages = []
    for base, size, kind in ovmf_sections(image):
        data_type = {2: SECRETS, 3: CPUID}.get(kind, NORMAL)
        pages += [(base + o, data_type, None) for o in range(0, size, PAGE)]
    start = 2 ** 32 - len(image)
    pages += [(start + o, NORMAL, image[o:o + PAGE]) for o in range(0, len(image), PAGE)]
    code = segment(0xF000, 0x9B, 0xFFFF, 0xFFFF0000)
    state = vmsa({0x178: 0xFFF0, 0x310: 0x800F12}, code, segment(0, 0x93, 0xFFFF, 0))
    return pages, state


def flat_pages(image, mode=0):
    image += bytes(-len(image) % PAGE)
    pages = [(0xE000, CPUID, None), (0xF000, SECRETS, None)]
    pages += [(0x10000 + o, NORMAL, image[o:o + PAGE]) for o in range(0, len(image), PAGE)]
    code = segment(8, 0xC9B, 0xFFFFFFFF, 0)
    state = vmsa({0x178: 0x10000, 0x158: 0x11, 0x318: mode}, code, segment(16, 0xC93, 0xFFFFFFFF, 0))
    return pages, state


def header(kind, payload):
    body = struct.pack("<II", kind, len(payload)) + payload
    return body + bytes(-len(body) % 8)


def igvm(pages, state):
    data = b""
    count = len(pages) + 1
    size = 24 + 24 + 24 + count * 32
    start = size + -size % PAGE
    heads = header(1, struct.pack("<IBBHQ", 1, 0, 2, 1, 0))
    heads += header(0x101, struct.pack("<QII", 0x30000, 1, 0))
    for gpa, kind, content in sorted(pages, key=lambda p: p[0]):
        offset = start + len(data) if content else 0
        data += content or b""
        heads += header(0x302, struct.pack("<QIIIHH", gpa, 1, offset, 0, kind, 0))
    heads += header(0x304, struct.pack("<QIIHH", VMSA_GPA, 1, start + len(data), 0, 0))
    data += state
    pad = bytes(start - 24 - len(heads))
    total = start + len(data)
    fixed = struct.pack("<IIIII", 0x4D564749, 1, 24, len(heads), total)
    checksum = zlib.crc32(fixed + bytes(4) + heads)
    return fixed + struct.pack("<I", checksum) + heads + pad + data


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--ovmf")
    kind.add_argument("--flat")
    parser.add_argument("output")
    args = parser.parse_args()
    with open(args.ovmf or args.flat, "rb") as source:
        image = source.read()
    pages, state = ovmf_pages(image) if args.ovmf else flat_pages(image)
    with open(args.output, "wb") as target:
        target.write(igvm(pages, state))


if __name__ == "__main__":
    main()
