"""A FAT16 file system with a few files in its root, as one disk image: what UEFI firmware reads by itself.

Written here so that nothing needs root or more packages. No partition table (firmware takes a bare file system), names
of 8.3 characters only, files one after the other, no times: the same bits for the same input.
"""

import os
import struct

from common import Failure

SECTOR = 512
CLUSTER_SECTORS = 16
CLUSTER = SECTOR * CLUSTER_SECTORS
ROOT_ENTRIES = 512
ENTRY = 32
# By its number of clusters, and nothing else, a file system is FAT16.
CLUSTERS_MIN = 4085
CLUSTERS_MAX = 65524
FIRST_CLUSTER = 2
LAST = 0xffff
MEDIA = 0xf8
ATTRIBUTE_ARCHIVE = 0x20


def boot_sector(clusters, fat_sectors):
    """The first sector: the file system's parameters."""
    root_sectors = ROOT_ENTRIES * ENTRY // SECTOR
    total = 1 + 2 * fat_sectors + root_sectors + clusters * CLUSTER_SECTORS
    sector = struct.pack('<3s8sHBHBHHBHHHII', b'\xeb\x3c\x90', b'KEEL    ', SECTOR, CLUSTER_SECTORS, 1, 2, ROOT_ENTRIES,
                         total if total < 0x10000 else 0, MEDIA, fat_sectors, 32, 8, 0,
                         0 if total < 0x10000 else total)
    sector += struct.pack('<BBBI11s8s', 0x80, 0, 0x29, 0x4b45454c, b'KEEL       ', b'FAT16   ')
    return sector.ljust(SECTOR - 2, b'\0') + b'\x55\xaa'


def short_name(name):
    """NAME as a directory holds it."""
    stem, _, extension = name.upper().partition('.')
    if not 0 < len(stem) <= 8 or len(extension) > 3 or '.' in extension:
        raise Failure(f'{name} is no file name of 8.3 characters')
    return stem.ljust(8).encode('ascii') + extension.ljust(3).encode('ascii')


def image(files):
    """The disk with FILES, a list of (name, bytes)."""
    chains, entries, data, cluster = [MEDIA | 0xff00, LAST], b'', [], FIRST_CLUSTER
    for name, content in files:
        count = -(-len(content) // CLUSTER)
        entries += struct.pack('<11sB14xHI', short_name(name), ATTRIBUTE_ARCHIVE, cluster if count else 0, len(content))
        chains += [cluster + number + 1 for number in range(count - 1)] + [LAST] * bool(count)
        data.append(content.ljust(count * CLUSTER, b'\0'))
        cluster += count
    clusters = max(cluster - FIRST_CLUSTER, CLUSTERS_MIN)
    if clusters > CLUSTERS_MAX or len(files) > ROOT_ENTRIES:
        raise Failure('the files are too many or too large for one FAT16 disk')
    fat_sectors = -(-(clusters + FIRST_CLUSTER) * 2 // SECTOR)
    fat = struct.pack(f'<{len(chains)}H', *chains).ljust(fat_sectors * SECTOR, b'\0')
    disk = boot_sector(clusters, fat_sectors) + fat + fat + entries.ljust(ROOT_ENTRIES * ENTRY, b'\0') + b''.join(data)
    return disk.ljust(SECTOR * (1 + 2 * fat_sectors) + ROOT_ENTRIES * ENTRY + clusters * CLUSTER, b'\0')


def write(path, files):
    """Write the disk to PATH, whole or not at all."""
    part = f'{path}.{os.getpid()}'
    try:
        with open(part, 'wb') as file:
            file.write(image(files))
        os.replace(part, path)
    except OSError as error:
        raise Failure(f'cannot write {path}: {error.strerror}') from error
    finally:
        if os.path.exists(part):
            os.unlink(part)
