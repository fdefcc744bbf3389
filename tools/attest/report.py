"""An attestation report: its fields, and what they say in words (publication 56860, table of ATTESTATION_REPORT)."""

import struct

BYTES = 0x4A0
SIGNED_BYTES = 0x2A0
VERSIONS = (2, 3, 4, 5)
ECDSA_P384_SHA384 = 1
TURIN_FAMILY = 0x1A
# Name: offset, bytes.
FIELDS = {
    'version': (0x000, 4), 'guest_svn': (0x004, 4), 'policy': (0x008, 8), 'family_id': (0x010, 16),
    'image_id': (0x020, 16), 'vmpl': (0x030, 4), 'signature_algorithm': (0x034, 4), 'current_tcb': (0x038, 8),
    'platform_info': (0x040, 8), 'flags': (0x048, 4), 'report_data': (0x050, 64), 'measurement': (0x090, 48),
    'host_data': (0x0C0, 32), 'id_key_digest': (0x0E0, 48), 'author_key_digest': (0x110, 48),
    'report_id': (0x140, 32), 'report_id_ma': (0x160, 32), 'reported_tcb': (0x180, 8), 'cpu_family': (0x188, 1),
    'cpu_model': (0x189, 1), 'cpu_stepping': (0x18A, 1), 'chip_id': (0x1A0, 64), 'committed_tcb': (0x1E0, 8),
    'launch_tcb': (0x1F0, 8), 'signature': (0x2A0, 512),
}
NUMBERS = ('version', 'guest_svn', 'policy', 'vmpl', 'signature_algorithm', 'platform_info', 'flags', 'cpu_family',
           'cpu_model', 'cpu_stepping')
# The parts of a TCB version, by byte; Turin has its first mutable code in front.
TCB = {'bootloader': 0, 'tee': 1, 'snp': 6, 'microcode': 7}
TCB_TURIN = {'fmc': 0, 'bootloader': 1, 'tee': 2, 'snp': 3, 'microcode': 7}
SIGNING_KEYS = {0: 'VCEK', 1: 'VLEK', 7: None}
FLAG_MASKED = 2
POLICY_SMT, POLICY_MIGRATION, POLICY_DEBUG = 1 << 16, 1 << 18, 1 << 19


class Malformed(Exception):
    """These bytes are no such structure; the text says why."""


class Report:
    """A report's fields as attributes: numbers, or bytes."""

    def __init__(self, data):
        if len(data) != BYTES:
            raise Malformed(f'a report has {BYTES} bytes, these are {len(data)}')
        for name, (offset, size) in FIELDS.items():
            field = data[offset:offset + size]
            setattr(self, name, int.from_bytes(field, 'little') if name in NUMBERS else field)
        self.signed = data[:SIGNED_BYTES]
        if self.version not in VERSIONS:
            raise Malformed(f'its version is {self.version}; 2 to 5 are known')

    def tcb_layout(self):
        """Where the parts of this processor's TCB versions are; before version 3 a report does not name it."""
        return TCB_TURIN if self.version >= 3 and self.cpu_family >= TURIN_FAMILY else TCB

    def tcb(self, name='reported_tcb'):
        """A TCB version by its parts."""
        return {part: getattr(self, name)[at] for part, at in self.tcb_layout().items()}

    def signing_key(self):
        """VCEK, VLEK, or None for a report that is not signed."""
        return None if self.flags & FLAG_MASKED else SIGNING_KEYS.get(self.flags >> 2 & 7)

    def fields(self):
        """All fields, for JSON."""
        return {name: value if isinstance(value, int) else value.hex()
                for name, value in ((name, getattr(self, name)) for name in FIELDS)}


def tcb_text(parts):
    """A TCB version in words."""
    return ', '.join(f'{name} {value}' for name, value in parts.items())


def policy_text(value):
    """A guest policy in words."""
    words = [f'ABI {value >> 8 & 0xFF}.{value & 0xFF}']
    for bit, is_set, is_clear in ((POLICY_SMT, 'SMT', 'no SMT'), (POLICY_DEBUG, 'DEBUGGING', 'no debugging'),
                                  (POLICY_MIGRATION, 'MIGRATION AGENT', 'no migration agent')):
        words.append(is_set if value & bit else is_clear)
    return f'{value:#x} ({", ".join(words)})'


def unpacked(layout, data, at):
    """LAYOUT's fields at AT of DATA, which may be too short for it."""
    if at < 0 or at + struct.calcsize(layout) > len(data):
        raise Malformed('it is cut off')
    return struct.unpack_from(layout, data, at)
