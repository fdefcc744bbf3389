"""Small ELF programs and a firmware image, made to order (and to be wrong on purpose)."""

import struct
import uuid

R, W, X = 4, 2, 1


def elf(entry, segments, **change):
    """segments: (va, flags, data, memory bytes). change: header fields, or phdr fields by index."""
    header = {"magic": b"\x7fELF\x02\x01\x01", "type": 2, "machine": 62, "phoff": 64,
              "phentsize": 56, "phnum": len(segments)}
    header.update({k: v for k, v in change.items() if k in header})
    at = (64 + 56 * len(segments) + 4095) // 4096 * 4096
    phdrs, data = b"", b""
    for va, flags, content, memory in segments:
        fields = [change.get("ptype", 1), flags, at + len(data), va, va, len(content), memory, 4096]
        phdrs += struct.pack("<IIQQQQQQ", *fields)
        data += content + bytes(-len(content) % 4096)
    head = struct.pack("<16sHHIQQQIHHHHHH", header["magic"], header["type"], header["machine"], 1,
                       entry, header["phoff"], 0, 0, 64, header["phentsize"], header["phnum"],
                       0, 0, 0)
    head += phdrs
    return head + bytes(at - len(head)) + data


def stub():
    return elf(0x10000, [(0x10000, R | X, b"\x90" * 100, 100)])


KERNEL_VA = 0xFFFFFFFF80000000


def kernel(gap=0):
    text = KERNEL_VA + 0x1000
    data = text + 0x3000 + gap
    return elf(text + 0x10, [(text, R | X, b"T" * 5000, 5000),
                             (text + 0x2000, R, b"R" * 10, 10),
                             (data, R | W, b"D" * 10, 0x3000)])


def service(mark=b"S"):
    return elf(0x400000, [(0x400000, R | X, mark * 4097, 4097), (0x402000, R, b"C" * 8, 8),
                          (0x403000, R | W, b"D" * 8, 0x2008)])


SECTIONS = [(0x800000, 0x9000, 1), (0x80D000, 0x1000, 2), (0x80E000, 0x1000, 3),
            (0x80F000, 0x1000, 4), (0x80A000, 0x3000, 1), (0x810000, 0x10000, 1)]


def entry(guid, data):
    return data + struct.pack("<H", len(data) + 18) + uuid.UUID(guid).bytes_le


def firmware(size=0x4000, sections=None, signature=b"ASEV", version=1, count=None, length=None,
             offset=None, metadata=True, table=True):
    sections = SECTIONS if sections is None else sections
    body = b"".join(struct.pack("<III", *s) for s in sections)
    count = len(sections) if count is None else count
    length = 16 + len(body) if length is None else length
    block = signature + struct.pack("<III", length, version, count) + body
    image = bytearray(b"F" * size)
    at = size - 0x800
    image[at:at + len(block)] = block
    offset = 0x800 if offset is None else offset
    entries = entry("4c2eb361-7d9b-4cc3-8081-127c90d3d294", bytes(8))
    if metadata:
        entries += entry("dc886566-984a-4798-a75e-5585a7bf67cc", struct.pack("<I", offset))
    entries += entry("00f771de-1a7e-4fcb-890e-68c77e2fb44e", bytes(4))
    if table:
        entries += struct.pack("<H", len(entries) + 18)
        entries += uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
        image[size - 0x20 - len(entries):size - 0x20] = entries
    image[:4096] = bytes(4096)
    return bytes(image)
