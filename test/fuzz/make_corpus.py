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
    write("igvm_read", "id-block", igvm(page(0x1000), header(0x30B, b"\1" + bytes(695))))
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
    write("core", "deposit", core(4, 0, 0, 2, (0, 0, 0), struct.pack("<HHI2Q", 2, 0, 0, 0x7000, 0x400001)))
    write("core", "withdraw", core(5, 0, 0, 3, (0, 0, 0)))
    write("core", "create", core(2, 1, 0, 0, (0x5000, 0x6000, 1)))
    write("core", "remap", core(0, 1, 3, 0, (0x5000, 0, 0)))
    write("core", "query", core(6, 1, 0, 0, (1, 0x100000001, 0)))


def make_insn():
    for name, code in (("in-al", "ec"), ("rep-outsw", "f3666f"), ("cpuid", "0fa2"), ("rdtscp", "0f01f9"),
                       ("rex-wrmsr", "480f30"), ("prefixes-only", "66" * 15), ("too-long", "66" * 14 + "0fa2"),
                       ("mov", "488b00"), ("vmmcall", "0f01d9")):
        write("insn_decode", name, bytes.fromhex(code))


def directory(*files):
    data = struct.pack(">I", len(files))
    for name, key, size in files:
        data += struct.pack(">IHH56s", size, key, 0, name)
    return data


def make_fwcfg():
    ram = struct.pack("<QQI", 0, 0xA0000, 1) + struct.pack("<QQI", 0x100000, 0x7FF00000, 1)
    wraps = struct.pack("<QQI", (1 << 64) - 4096, 8192, 1)
    good = directory((b"bootorder", 0x20, 10), (b"etc/e820", 0x21, 40)).ljust(256, b"\0")
    write("fwcfg", "good", good + ram)
    write("fwcfg", "wraps", good + wraps)
    write("fwcfg", "too-large", directory((b"etc/e820", 0x21, 0xFFFFFFFF)))
    write("fwcfg", "no-end-of-name", directory((b"etc/e820" * 7, 0x21, 40)))
    write("fwcfg", "many", struct.pack(">I", 0xFFFFFFFF))
    write("fwcfg", "cut", good[:100])


def make_route():
    reply = struct.pack("<IIIIQQQQI4x", 0, 1, 2, 7, 1, 2, 3, 4, 0)
    for name, head in (("answered", (1, 0, 0, 1, 0, 1)), ("refused", (1, 0, 0, 1, 5, 1)),
                       ("no-service", (1, 0, 0, 0, 0, 1)), ("pending-2", (2, 0, 0, 1, 0, 1)),
                       ("not-pending", (0, 0, 0, 1, 0, 1)), ("no-vmgexit", (1, 0, 0, 1, 0, 0)),
                       ("area-gone", (1, 1, 0, 1, 0, 1)), ("area-goes", (1, 0, 1, 1, 0, 1))):
        write("route", name, struct.pack("<6BH", *head, 0) + reply)
    # An exit other than VMGEXIT, where the VMSA has it.
    vmsa = bytearray(0x400)
    vmsa[0x3C0] = 0x7B
    write("route", "other-exit", struct.pack("<6BH", 1, 0, 0, 1, 0, 0, 0) + reply + vmsa)


if __name__ == "__main__":
    make_igvm()
    make_elf()
    make_ovmf()
    make_insn()
    make_fwcfg()
    make_route()
    make_core()
