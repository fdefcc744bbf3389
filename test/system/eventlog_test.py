"""The reader of event logs that the suite vtpm replays with, on logs put together here."""

import hashlib
import struct
import unittest

import counted
import eventlog

SHA256 = 0xb
KERNEL = b'what was measured'


def spec_id(algorithms=((SHA256, 32),)):
    """The first event."""
    data = eventlog.SPEC_ID + struct.pack('<IBBBBI', 0, 0, 2, 0, 2, len(algorithms))
    data += b''.join(struct.pack('<HH', *row) for row in algorithms) + b'\0'
    return struct.pack('<II20sI', 0, eventlog.EV_NO_ACTION, b'', len(data)) + data


def event(pcr, kind, digest, data=b'', algorithm=SHA256):
    """One more."""
    return struct.pack('<IIIH', pcr, kind, 1, algorithm) + digest + struct.pack('<I', len(data)) + data


def hashed(*parts):
    """SHA-256 of parts."""
    return hashlib.sha256(b''.join(parts)).digest()


class EventLog(unittest.TestCase):
    """Reading and replaying."""

    def test_replays(self):
        """In order, by PCR; what is no action extends nothing."""
        log = spec_id() + event(4, 0x80000003, hashed(KERNEL), KERNEL) + event(5, 4, hashed(b'x'))
        log += event(4, 4, hashed(b'y')) + event(6, eventlog.EV_NO_ACTION, bytes(32))
        values = eventlog.replay(eventlog.read(log), 'sha256')
        first = hashed(bytes(32), hashed(KERNEL))
        self.assertEqual(values, {4: hashed(first, hashed(b'y')), 5: hashed(bytes(32), hashed(b'x')), 6: bytes(32)})

    def test_startup_locality(self):
        """PCR 0 begins with the locality the TPM was started from."""
        log = spec_id() + event(0, eventlog.EV_NO_ACTION, bytes(32), eventlog.STARTUP_LOCALITY + b'\3')
        log += event(0, 8, hashed(b'z'))
        values = eventlog.replay(eventlog.read(log), 'sha256')
        self.assertEqual(values, {0: hashed(bytes(31) + b'\3', hashed(b'z'))})

    def test_every_shorter_log(self):
        """Is damaged, or has fewer events."""
        log = spec_id() + event(4, 4, hashed(b'a'), b'data') + event(5, 4, hashed(b'b'))
        for length in range(len(log)):
            try:
                self.assertLess(len(eventlog.read(log[:length])), 2, length)
            except eventlog.Damaged:
                pass

    def test_refuses(self):
        """Another beginning, a digest of the wrong size, an algorithm that was not announced."""
        old = spec_id().replace(b'Event03', b'Event02')
        for log in (old, spec_id(((SHA256, 20),)), spec_id() + event(0, 1, hashed(b''), b'', 0xc), b''):
            with self.assertRaises(eventlog.Damaged):
                eventlog.read(log)


if __name__ == '__main__':
    counted.main()
