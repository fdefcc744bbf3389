#!/usr/bin/env python3
"""Makes the seeds under test/data/corpus that are made and not found: small good and bad inputs."""

import os
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../unit/tools/igvm"))
import made  # noqa: E402


def write(target, name, data):
    folder = os.path.join(HERE, "../data/corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def header(kind, payload):
    return struct.pack("<II", kind, len(payload)) + payload + bytes(-len(payload) % 8)


def igvm(*middle):
    """A file with one page of data, which is the VMSA too, and other headers in the middle."""
    front = [header(0x001, struct.pack("<IBBHQ", 1, 0, 2, 1, 0)),
             header(0x101, struct.pack("<QII", 0x30000, 1, 0)), *middle]
    size = sum(map(len, front)) + 32
    last = header(0x304, struct.pack("<QIIHH", 0xFFFFFFFFF000, 1, 24 + size, 0, 0))
    headers = b"".join(front) + last
    fixed = [0x4D564749, 1, 24, len(headers), 24 + len(headers) + 4096, 0]
    fixed[5] = zlib.crc32(struct.pack("<6I", *fixed) + headers)
    return struct.pack("<6I", *fixed) + headers + b"V" * 4096


def page(gpa, kind=0, flags=0):
    return header(0x302, struct.pack("<QIIIHH", gpa, 1, 0, flags, kind, 0))


def make_igvm():
    areas = [header(0x301, struct.pack("<QII", 4096, i, 0)) for i in (0, 1)]
    fills = [header(0x30C, struct.pack("<II", 0, 0)), header(0x307, struct.pack("<II", 1, 8)),
             header(0x313, struct.pack("<II", 1, 12))]
    inserts = [header(0x303, struct.pack("<QII", 0x30000 + i * 4096, 1, i)) for i in (0, 1)]
    pages = [page(0x10000), page(0x11000, 0, 2), page(0x12000, 1), page(0x13000, 2)]
    memory = header(0x305, struct.pack("<QIIII", 0x40000, 1, 0x2000, 0, 0))
    write("igvm_read", "smallest", igvm())
    write("igvm_read", "all-headers", igvm(*areas, *fills, *inserts, *pages, memory))
    write("igvm_read", "id-block", igvm(page(0x1000), header(0x30B, bytes(696))))
    write("igvm_read", "unknown-header", igvm(header(0x309, struct.pack("<II", 0, 0))))
    write("igvm_read", "insert-after-page", igvm(areas[0], page(0x1000), inserts[0]))
    write("igvm_read", "overlap", igvm(areas[0], inserts[0], page(0x30000)))
    write("igvm_read", "cut", igvm()[:60])


def make_elf():
    write("elf_read", "kernel", made.kernel()[:0x2400])
    write("elf_read", "stub", made.stub()[:0x1100])
    write("elf_read", "service", made.service()[:0x1000])
    write("elf_read", "headers-only", made.elf(0x1000, [(0x1000, 5, b"", 16), (0x2000, 6, b"", 9)]))
    write("elf_read", "wraps", made.elf(0x1000, [(0x1000, 5, b"", (1 << 64) - 0x1000)]))
    write("elf_read", "dynamic", made.elf(0x1000, [(0x1000, 5, b"", 1)], ptype=2))


def make_ovmf():
    write("ovmf_read", "good", made.firmware()[-0x900:])
    write("ovmf_read", "no-table", made.firmware(table=False)[-0x100:])
    write("ovmf_read", "no-metadata", made.firmware(metadata=False)[-0x100:])
    write("ovmf_read", "no-sections", made.firmware(sections=[])[-0x900:])
    write("ovmf_read", "far-offset", made.firmware(offset=0xFFFFFFFF)[-0x900:])


def core(call, raw, err, done, registers, memory=b""):
    """One call of the core service: how core_fuzz.c reads it."""
    return struct.pack("<BBBBHH3Q", call, raw, err, 0, done, 0, *registers) + memory


def make_core():
    pages = struct.pack("<HHI3Q", 3, 0, 0, 0x7004, 0x400005, 0x8008)
    bad = struct.pack("<HHI2Q", 2, 0, 0, 0x7004, 0x8014)
    write("core", "pvalidate", core(1, 0, 0, 3, (0, 0, 0), pages))
    write("core", "pvalidate-again", core(1, 0, 8, 1, (0, 0, 0), pages))
    write("core", "pvalidate-malformed", core(1, 0, 0, 1, (0, 0, 0), bad))
    write("core", "pvalidate-page-end", core(1, 0, 0, 1, (4080, 0, 0), bytes(4080) + bad))
    write("core", "create", core(2, 1, 0, 0, (0x5000, 0x6000, 1)))
    write("core", "remap", core(0, 1, 3, 0, (0x5000, 0, 0)))
    write("core", "query", core(6, 1, 0, 0, (1, 0x100000001, 0)))


if __name__ == "__main__":
    make_igvm()
    make_elf()
    make_ovmf()
    make_core()
