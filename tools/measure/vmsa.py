"""The registers of a CPU that QEMU and KVM leave in its reset state, as a VMSA page."""

import struct

PAGE = 4096
FEATURES = 0x3B0
LIMIT = 0xFFFF
CODE, DATA, LDT, TSS = 0x9B, 0x93, 0x82, 0x8B
# Segments by offset: selector, attributes, base.
SEGMENTS = {0x000: (0, DATA, 0), 0x010: (0xF000, CODE, 0xFFFF0000), 0x020: (0, DATA, 0), 0x030: (0, DATA, 0),
            0x040: (0, DATA, 0), 0x050: (0, DATA, 0), 0x060: (0, 0, 0), 0x070: (0, LDT, 0), 0x080: (0, 0, 0),
            0x090: (0, TSS, 0)}
# EFER.SVME, CR4.MCE, CR0.ET, DR7, DR6, RFLAGS, RIP, PAT, XCR0: what VMRUN needs, and the reset values.
REGISTERS = {0x0D0: 0x1000, 0x148: 0x40, 0x158: 0x10, 0x160: 0x400, 0x168: 0xFFFF0FF0, 0x170: 2, 0x178: 0xFFF0,
             0x268: 0x0007040600070406, 0x3E8: 1}
MXCSR, FCW, RDX = 0x408, 0x410, 0x310


def features(vmsa):
    """The SEV_FEATURES in a VMSA page; a VM has the same for all its CPUs."""
    return struct.unpack_from('<Q', vmsa, FEATURES)[0]


def reset(sev_features, signature):
    """A VMSA page in the reset state. SIGNATURE: what CPUID 1 gives in EAX; reset puts it into EDX."""
    page = bytearray(PAGE)
    for offset, (selector, attributes, base) in SEGMENTS.items():
        struct.pack_into('<HHIQ', page, offset, selector, attributes, LIMIT, base)
    for offset, value in {**REGISTERS, RDX: signature, FEATURES: sev_features}.items():
        struct.pack_into('<Q', page, offset, value)
    struct.pack_into('<I', page, MXCSR, 0x1F80)
    struct.pack_into('<H', page, FCW, 0x37F)
    return bytes(page)
