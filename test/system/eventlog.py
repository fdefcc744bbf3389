"""A firmware's event log (TCG PC Client Platform Firmware Profile, crypto agile) read, and replayed to PCR values.

The log is the guest's word: nothing in it is believed before the replay agrees with the TPM's PCRs.
"""

import collections
import hashlib
import struct

# TPM_ALG_ID: the bank's name in hashlib and in Linux.
BANKS = {0x4: 'sha1', 0xb: 'sha256', 0xc: 'sha384', 0xd: 'sha512'}
EV_NO_ACTION = 3
SPEC_ID = b'Spec ID Event03\0'
STARTUP_LOCALITY = b'StartupLocality\0'

Event = collections.namedtuple('Event', 'pcr kind digests data')


class Damaged(Exception):
    """The log is not what the profile says a log is."""


class Reader:
    """Takes what lies one after the other in some bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        """The next COUNT bytes."""
        if count > len(self.data) - self.at:
            raise Damaged(f'the log ends inside an event, at {self.at}')
        self.at += count
        return self.data[self.at - count:self.at]

    def numbers(self, layout):
        """The next little-endian numbers, in struct's notation."""
        return struct.unpack('<' + layout, self.take(struct.calcsize('<' + layout)))

    def is_over(self):
        """Whether everything has been taken."""
        return self.at == len(self.data)


def read_spec_id(reader):
    """The first event, in the old format: the sizes of the digests in the others, by algorithm."""
    _, kind, _, size = reader.numbers('II20sI')
    event = Reader(reader.take(size))
    signature = event.take(len(SPEC_ID))
    if kind != EV_NO_ACTION or signature != SPEC_ID:
        raise Damaged('the log does not begin as a crypto agile one')
    event.numbers('IBBBB')
    count, = event.numbers('I')
    sizes = dict(event.numbers('HH') for _ in range(count))
    for algorithm, bank in BANKS.items():
        if sizes.get(algorithm, hashlib.new(bank).digest_size) != hashlib.new(bank).digest_size:
            raise Damaged(f'the log has digests of {bank} that are none')
    return sizes


def read_event(reader, sizes):
    """One event in the new format."""
    pcr, kind, count = reader.numbers('III')
    digests = {}
    for _ in range(count):
        algorithm, = reader.numbers('H')
        if algorithm not in sizes:
            raise Damaged(f'an event has a digest of an algorithm that was not announced: {algorithm:#x}')
        digests[BANKS.get(algorithm, algorithm)] = reader.take(sizes[algorithm])
    size, = reader.numbers('I')
    return Event(pcr, kind, digests, reader.take(size))


def read(log):
    """The events of LOG, without the one that describes it."""
    reader = Reader(log)
    sizes = read_spec_id(reader)
    events = []
    while not reader.is_over():
        events.append(read_event(reader, sizes))
    return events


def replay(events, bank):
    """The PCRs of BANK that EVENTS lead to, by number; PCRs without events are left out."""
    size = hashlib.new(bank).digest_size
    values = {}
    for event in events:
        value = values.setdefault(event.pcr, bytes(size))
        if event.kind != EV_NO_ACTION:
            values[event.pcr] = hashlib.new(bank, value + event.digests[bank]).digest()
        elif event.data.startswith(STARTUP_LOCALITY):
            # The TPM was started from another locality, and PCR 0 with it.
            values[event.pcr] = value[:-1] + event.data[len(STARTUP_LOCALITY):][:1]
    return values
