"""What tools/keel makes for the default guest: the cpio archive and the FAT disk, read back by code of this test's own;
and which package stands in when a pinned kernel has left the mirror."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tools', 'cli'))
sys.path.insert(0, HERE)

import archive  # noqa: E402
import counted  # noqa: E402
import fat  # noqa: E402
import initramfs  # noqa: E402
from common import Failure  # noqa: E402


def read_fat(disk, name):
    """The file NAME (padded to 11 characters) of a FAT16 disk, by its cluster chain."""
    sector, = struct.unpack_from('<H', disk, 11)
    cluster_bytes = disk[13] * sector
    reserved, = struct.unpack_from('<H', disk, 14)
    entries, = struct.unpack_from('<H', disk, 17)
    fat_bytes = struct.unpack_from('<H', disk, 22)[0] * sector
    root = reserved * sector + disk[16] * fat_bytes
    for at in range(root, root + entries * 32, 32):
        if disk[at:at + 11] == name:
            cluster, size = struct.unpack_from('<HI', disk, at + 26)
            data = b''
            while 2 <= cluster < 0xfff8:
                start = root + entries * 32 + (cluster - 2) * cluster_bytes
                data += disk[start:start + cluster_bytes]
                cluster, = struct.unpack_from('<H', disk, reserved * sector + cluster * 2)
            return data[:size]
    return None


def read_cpio(data):
    """The entries of a newc archive: name to (mode, content)."""
    found, at = {}, 0
    while True:
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        assert data[at:at + 6] == b'070701'
        name = data[at + 110:at + 110 + fields[11] - 1].decode()
        at = (at + 110 + fields[11] + 3) & ~3
        if name == 'TRAILER!!!':
            return found
        found[name] = (fields[1], data[at:at + fields[6]])
        at = (at + fields[6] + 3) & ~3


class Fat(unittest.TestCase):
    """The disk."""

    def test_reads_back(self):
        """Empty, tiny, one cluster exactly, and several."""
        files = [('empty', b''), ('a.nsh', b'x'), ('one.bin', b'1' * fat.CLUSTER), ('more', bytes(range(256)) * 999)]
        disk = fat.image(files)
        for name, content in files:
            self.assertEqual(read_fat(disk, fat.short_name(name)), content, name)
        self.assertIsNone(read_fat(disk, fat.short_name('none')))
        self.assertEqual(disk, fat.image(files))

    def test_is_fat16(self):
        """The number of clusters alone decides what it is."""
        disk = fat.image([])
        total, = struct.unpack_from('<H', disk, 19)
        self.assertEqual(len(disk), (total or struct.unpack_from('<I', disk, 32)[0]) * fat.SECTOR)
        self.assertGreaterEqual(len(disk) // fat.CLUSTER, fat.CLUSTERS_MIN)

    def test_refuses(self):
        """Names that do not fit, and too much."""
        for name in ('ninechars', 'a.long', 'a.b.c', ''):
            with self.assertRaises(Failure, msg=name):
                fat.image([(name, b'')])
        with self.assertRaises(Failure):
            fat.image([(f'f{i}', b'x') for i in range(fat.ROOT_ENTRIES + 1)])


class Archive(unittest.TestCase):
    """The initial RAM disk."""

    def test_reads_back(self):
        """Files, modules in their order, folders before what lies in them; the same bits twice."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ('busybox', 'virtio_blk.ko', 'net_failover.ko', 'other.ko'):
                with open(os.path.join(folder, name), 'w', encoding='ascii') as file:
                    file.write(name)
            busybox = os.path.join(folder, 'busybox')
            data = initramfs.pack(busybox, folder, [(busybox, 'deep/er/file')])
            self.assertEqual(data, initramfs.pack(busybox, folder, [(busybox, 'deep/er/file')]))
        found = read_cpio(data)
        self.assertEqual(found['bin/busybox'], (0o100755, b'busybox'))
        self.assertEqual(found['bin/sh'], (0o120777, b'busybox'))
        self.assertEqual(found['lib/modules/order'][1], b'net_failover.ko\nvirtio_blk.ko\n')
        self.assertNotIn('lib/modules/other.ko', found)
        names = list(found)
        self.assertLess(names.index('deep'), names.index('deep/er'))
        self.assertLess(names.index('deep/er'), names.index('deep/er/file'))


class Substitute(unittest.TestCase):
    """A package whose name carries a version that is gone."""

    def current(self, package, names):
        """What is taken instead of PACKAGE where the archive has NAMES."""
        pin = archive.Pin('x', 'deb', 'trixie', package, '1', 'f', '0')
        done = subprocess.CompletedProcess([], 0, '\n'.join(names))
        with mock.patch.object(archive.subprocess, 'run', return_value=done):
            return archive.current_name([], pin).package

    def test_newest_of_the_same_series(self):
        """By number, not by letter; no other series, no other flavour."""
        names = ['linux-image-6.12.9+deb13-cloud-amd64', 'linux-image-6.12.110+deb13-cloud-amd64',
                 'linux-image-6.13.1+deb13-cloud-amd64', 'linux-image-6.12.200+deb13-amd64']
        self.assertEqual(self.current('linux-image-6.12.107+deb13-cloud-amd64', names), names[1])

    def test_unversioned(self):
        """Keeps its name."""
        self.assertEqual(self.current('ovmf', ['ovmf', 'ovmf-generic']), 'ovmf')
        self.assertEqual(self.current('linux-kbuild-6.12.107+deb13', []), 'linux-kbuild-6.12.107+deb13')


if __name__ == '__main__':
    counted.main()
