"""The test guest's initial RAM disk: Debian's busybox, a few kernel modules and tools/linux, as a cpio archive.

The archive is the same bits for the same input: entries in a fixed order, no times, no owners. It is written here,
in the "newc" format that Linux reads, so that nothing needs root, device nodes included.
"""

import lzma
import os
import stat

from common import Failure, ROOT

GUEST = os.path.join(ROOT, 'tools', 'linux')
# What /init and the tests call by name; the rest is reached as "busybox NAME".
APPLETS = (
    'arping', 'ash', 'base64', 'cat', 'cmp', 'cp', 'cut', 'dd', 'dmesg', 'echo', 'free', 'grep', 'head', 'ifconfig',
    'insmod', 'ip', 'kill', 'ls', 'lsmod', 'mkdir', 'mount', 'nproc', 'od', 'ping', 'poweroff', 'ps', 'reboot',
    'rmmod', 'sed', 'seq',
    'setsid', 'sh', 'sha256sum', 'sleep', 'sync', 'tail', 'taskset', 'tee', 'tftp', 'top', 'tr', 'true', 'umount',
    'uname', 'uptime', 'vi', 'wc', 'wget',
)
# Kernel modules, in the order they are loaded in. A kernel that has one built in, or not at all, just lacks the file.
MODULES = ('failover', 'net_failover', 'virtio_net', 'virtio_blk', 'crypto_null', 'gf128mul', 'ghash_generic', 'gcm',
           'configfs', 'tsm', 'tsm_report', 'sev_guest')
FOLDERS = ('bin', 'dev', 'lib', 'lib/keel', 'lib/modules', 'mnt', 'proc', 'sys', 'tmp')
NODES = (('dev/console', 5, 1), ('dev/null', 1, 3))
ALIGN = 4


class Archive:
    """Collects entries and writes them as one newc archive."""

    def __init__(self):
        self.data = bytearray()
        self.count = 0

    def add(self, name, mode, content=b'', device=(0, 0)):
        """One entry; MODE has the file type in it."""
        self.count += 1
        encoded = name.encode() + b'\0'
        # inode, mode, uid, gid, links, time, size, device of the file (2), device it is (2), name's length, checksum
        fields = (self.count, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        self.data += b'070701' + b''.join(b'%08X' % field for field in fields) + encoded
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        """Names and contents start at multiples of four."""
        self.data += bytes(-len(self.data) % ALIGN)

    def finish(self):
        """The whole archive."""
        self.add('TRAILER!!!', 0)
        return bytes(self.data)


def read(path):
    """A file's bytes; a compressed module's are unpacked."""
    with open(path, 'rb') as file:
        data = file.read()
    return lzma.decompress(data) if path.endswith('.xz') else data


def find_modules(root, wanted):
    """The files below ROOT that hold the modules of WANTED: a list of (name, path) in the order of WANTED."""
    found = {}
    for folder, _, files in os.walk(root):
        for file in files:
            name = file.split('.ko')[0].replace('-', '_')
            if '.ko' in file and name in wanted:
                found[name] = os.path.join(folder, file)
    return [(name, found[name]) for name in wanted if name in found]


def folders_of(names):
    """The folders that files called NAMES lie in, parents first."""
    found = set(FOLDERS)
    for name in names:
        while '/' in name:
            name = name.rsplit('/', 1)[0]
            found.add(name)
    return sorted(found)


def pack(busybox, modules_root, extra=()):
    """The archive, as bytes. MODULES_ROOT: the folder of the kernel's modules; EXTRA: more files, as (path, name)."""
    tests = os.path.join(GUEST, 'tests')
    modules = find_modules(modules_root, MODULES)
    files = [(busybox, 'bin/busybox'), (os.path.join(GUEST, 'init'), 'init')]
    files += [(os.path.join(tests, test), 'lib/keel/' + test) for test in sorted(os.listdir(tests))]
    files += [(path, f'lib/modules/{name}.ko') for name, path in modules]
    files += extra
    archive = Archive()
    for folder in folders_of(name for _, name in files):
        archive.add(folder, stat.S_IFDIR | 0o755)
    for name, major, minor in NODES:
        archive.add(name, stat.S_IFCHR | 0o600, device=(major, minor))
    for applet in APPLETS:
        archive.add('bin/' + applet, stat.S_IFLNK | 0o777, b'busybox')
    for path, name in files:
        archive.add(name, stat.S_IFREG | 0o755, read(path))
    archive.add('lib/modules/order', stat.S_IFREG | 0o644, ''.join(f'{name}.ko\n' for name, _ in modules).encode())
    return archive.finish()


def write(path, *contents):
    """Write the archive to PATH, whole or not at all; CONTENTS as for pack()."""
    part = f'{path}.{os.getpid()}'
    try:
        with open(part, 'wb') as file:
            file.write(pack(*contents))
        os.replace(part, path)
    except (OSError, lzma.LZMAError) as error:
        raise Failure(f'cannot make the initial RAM disk {path}: {error}') from error
    finally:
        if os.path.exists(part):
            os.unlink(part)
