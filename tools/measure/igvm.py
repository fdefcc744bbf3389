"""An IGVM file: its headers, read and checked; and a copy with other headers.

Shares no code with tools/igvm, which builds and loads these files: what it finds is compared with what they do. A
header that it does not know is refused, because a measurement that leaves something out is wrong.
"""

import struct
import zlib

PLATFORM, POLICY = 0x001, 0x101
AREA, PAGE_DATA, INSERT, VP_CONTEXT, MEMORY = 0x301, 0x302, 0x303, 0x304, 0x305
ID_BLOCK = 0x30B
# What a loader fills in a parameter area; the area counts, not what is in it.
FILLED = (0x307, 0x30C, 0x313)
# The sizes of all headers that upstream QEMU takes.
SIZES = {PLATFORM: 16, POLICY: 16, AREA: 16, PAGE_DATA: 24, INSERT: 16, VP_CONTEXT: 20, MEMORY: 24, ID_BLOCK: 696,
         **{kind: 8 for kind in FILLED}}
MAGIC = 0x4D564749
FIXED = struct.Struct('<6I')
HEADER = struct.Struct('<II')
PAGE = 4096
SNP = 2
# Where the data's place in the file stands in a header's payload.
DATA_OFFSETS = {PAGE_DATA: 12, VP_CONTEXT: 12}


class Invalid(Exception):
    """The file is none that can be measured; the text says why."""


def align(value, unit):
    """VALUE rounded up to a multiple of UNIT."""
    return (value + unit - 1) // unit * unit


def checksum(fixed, headers):
    """CRC-32 over both kinds of headers, with the checksum's own field as zero."""
    return zlib.crc32(headers, zlib.crc32(fixed[:20] + bytes(4)))


class Image:
    """A checked file: `headers` is a list of (type, payload), `mask` stands for the SNP platform."""

    def __init__(self, data):
        self.data = data
        if len(data) < FIXED.size:
            raise Invalid('it is too short for an IGVM file')
        magic, version, start, size, total, crc = FIXED.unpack_from(data)
        if magic != MAGIC:
            raise Invalid('it is no IGVM file')
        if version != 1:
            raise Invalid(f'its IGVM version is {version}, not 1')
        if start != FIXED.size or size % 8 or start + size > len(data) or total != len(data):
            raise Invalid('its size is not what its header says')
        if crc != checksum(data[:FIXED.size], data[start:start + size]):
            raise Invalid('the checksum of its headers is wrong')
        self.headers = list(self.walk(start, start + size))
        self.mask = self.find_mask()
        self.policy = self.find_policy()

    def walk(self, at, end):
        """The headers, one after another."""
        while at < end:
            kind, size = HEADER.unpack_from(self.data, at)
            if kind not in SIZES:
                raise Invalid(f'it has a header of unknown type {kind:#x}')
            if size != SIZES[kind] or at + HEADER.size + size > end:
                raise Invalid(f'its header {kind:#x} has a wrong size')
            yield kind, self.data[at + HEADER.size:at + HEADER.size + size]
            at += HEADER.size + align(size, 8)

    def of(self, kind):
        """The payloads of the headers of one type."""
        return [payload for found, payload in self.headers if found == kind]

    def find_mask(self):
        """The bit of the SNP platform, which has to be the only one."""
        platforms = [struct.unpack_from('<IBB', payload) for payload in self.of(PLATFORM)]
        if len(platforms) != 1 or platforms[0][2] != SNP or not platforms[0][0]:
            raise Invalid('it is not made for SEV-SNP alone')
        return platforms[0][0]

    def find_policy(self):
        """The guest policy that it is launched with."""
        policies = self.of(POLICY)
        if len(policies) != 1:
            raise Invalid('it has no guest policy, or more than one')
        return struct.unpack_from('<Q', policies[0])[0]

    def page(self, offset):
        """The 4096 bytes at OFFSET of the file; offset 0 stands for zeros."""
        if offset == 0:
            return bytes(PAGE)
        if offset + PAGE > len(self.data):
            raise Invalid('a page lies beyond its end')
        return self.data[offset:offset + PAGE]


def moved(kind, payload, distance):
    """A header whose data lies DISTANCE further in the file."""
    if kind not in DATA_OFFSETS:
        return payload
    at = DATA_OFFSETS[kind]
    offset, = struct.unpack_from('<I', payload, at)
    return payload[:at] + struct.pack('<I', offset + distance if offset else 0) + payload[at + 4:]


def rewritten(image, headers):
    """The bytes of IMAGE with HEADERS in the place of its own; they name data at the places it has in IMAGE."""
    old = align(FIXED.unpack_from(image.data)[3] + FIXED.size, PAGE)
    size = sum(HEADER.size + align(len(payload), 8) for _, payload in headers)
    distance = align(FIXED.size + size, PAGE) - old
    body = b''
    for kind, payload in headers:
        payload = moved(kind, payload, distance)
        body += HEADER.pack(kind, len(payload)) + payload + bytes(-len(payload) % 8)
    total = len(image.data) + distance
    fixed = FIXED.pack(MAGIC, 1, FIXED.size, size, total, 0)
    fixed = fixed[:20] + struct.pack('<I', checksum(fixed, body))
    return (fixed + body).ljust(old + distance, b'\0') + image.data[old:]


def with_policy(image, policy):
    """The headers of IMAGE with another guest policy, and without an ID block: it is made for one policy."""
    return [(kind, struct.pack('<Q', policy) + payload[8:] if kind == POLICY else payload)
            for kind, payload in image.headers if kind != ID_BLOCK]


def read(path):
    """The image in the file PATH."""
    with open(path, 'rb') as file:
        return Image(file.read())
