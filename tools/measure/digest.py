"""The SNP launch digest of an IGVM file, by the formula of publication 56860, 8.17.2.

The digest begins as 48 zero bytes; each page makes it SHA-384 of what it was, the page's contents (their SHA-384, or
zeros where the contents do not count), its type and its gPA. The file alone decides, but for two things that a host
does its own way: whose registers it measures (VMSAs), and how it places pages of zeros.
"""

import hashlib
import struct

from measure import vmsa
from measure.igvm import AREA, INSERT, Invalid, PAGE, PAGE_DATA, VP_CONTEXT

NORMAL, VMSA, ZERO, UNMEASURED, SECRETS, CPUID = 1, 2, 3, 4, 5, 6
# What an IGVM page's data type is to the PSP.
PAGE_TYPES = {0: NORMAL, 1: SECRETS, 2: CPUID}
IS_UNMEASURED = 2
NO_CONTENTS = bytes(48)
PAGE_INFO_BYTES = 0x70


class Digest:
    """The digest while pages are added, and how many pages of each type there were."""

    def __init__(self):
        self.value = bytes(48)
        self.pages = {}

    def add(self, name, page_type, gpa, contents=None):
        """One page; CONTENTS are its bytes where they count."""
        hashed = NO_CONTENTS if contents is None else hashlib.sha384(contents).digest()
        tail = struct.pack('<HBBBBBBQ', PAGE_INFO_BYTES, page_type, 0, 0, 0, 0, 0, gpa)
        self.value = hashlib.sha384(self.value + hashed + tail).digest()
        self.pages[name] = self.pages.get(name, 0) + 1


def add_page(digest, image, payload, zero_type):
    """A header of page data. ZERO_TYPE: whether the host places pages without data as pages of type ZERO."""
    gpa, _, offset, flags, data_type, _ = struct.unpack('<QIIIHH', payload)
    if flags & ~IS_UNMEASURED or data_type not in PAGE_TYPES:
        raise Invalid(f'the page at {gpa:#x} is shared, of 2 MiB or of an unknown type')
    if flags & IS_UNMEASURED:
        digest.add('unmeasured', UNMEASURED, gpa)
    elif data_type:
        digest.add({1: 'secrets', 2: 'cpuid'}[data_type], PAGE_TYPES[data_type], gpa)
    elif offset == 0 and zero_type:
        digest.add('zero', ZERO, gpa)
    else:
        digest.add('normal', NORMAL, gpa, image.page(offset))


def add_vmsas(digest, image, vcpus, signature):
    """The registers of the first CPU, and those of VCPUS - 1 others in their reset state."""
    contexts = image.of(VP_CONTEXT)
    if len(contexts) != 1:
        raise Invalid('it has no VP context, or more than one')
    gpa, _, offset, _, _ = struct.unpack('<QIIHH', contexts[0])
    first = image.page(offset)
    digest.add('vmsa', VMSA, gpa, first)
    for _ in range(1, vcpus):
        digest.add('vmsa', VMSA, gpa, vmsa.reset(vmsa.features(first), signature))


def launch(image, vcpus=1, signature=0, zero_type=False):
    """The digest of IMAGE, with its counts. VCPUS: how many CPUs' registers the host measures."""
    digest = Digest()
    areas = {}
    for kind, payload in image.headers:
        if kind == AREA:
            size, index = struct.unpack_from('<QI', payload)
            areas[index] = size
        elif kind == INSERT:
            gpa, _, index = struct.unpack('<QII', payload)
            if index not in areas:
                raise Invalid('it inserts a parameter area that it does not declare')
            for page in range(gpa, gpa + areas[index], PAGE):
                digest.add('parameter', UNMEASURED, page)
        elif kind == PAGE_DATA:
            add_page(digest, image, payload, zero_type)
    add_vmsas(digest, image, vcpus, signature)
    return digest
