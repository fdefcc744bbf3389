"""The guest that is booted when the command line names none: Debian's kernel and a busybox initial RAM disk.

They lie on a disk that the firmware's shell reads: it starts first, as it does on a machine without an operating
system, and after its five seconds its startup.nsh starts Linux. So the console shows both.
"""

import os

import fat
import fetch
import initramfs
from common import BUILD, PROGRESS

KERNELS = {
    # name: (package with the kernel, its place there, package with the modules)
    'linux-6.12': ('linux-6.12', 'boot/vmlinuz-*', 'linux-6.12'),
    'linux-7': ('linux-7', 'usr/lib/modules/*/vmlinuz', 'linux-7-modules'),
}
DEFAULT = 'linux-6.12'
# What the guest's tests call beyond busybox, with its libraries: (package, file there, name in the RAM disk), by test.
LIBRARIES = 'usr/lib/x86_64-linux-gnu/'
LIBC = (
    ('libc6', LIBRARIES + 'libc.so.6', 'lib/libc.so.6'),
    ('libc6', LIBRARIES + 'ld-linux-x86-64.so.2', 'lib64/ld-linux-x86-64.so.2'),
)
TEST_TOOLS = {
    'disk': (
        ('e2fsprogs', 'usr/sbin/mke2fs', 'bin/mke2fs'),
        ('e2fsprogs', 'etc/mke2fs.conf', 'etc/mke2fs.conf'),
        ('libext2fs2t64', LIBRARIES + 'libext2fs.so.2', 'lib/libext2fs.so.2'),
        ('libext2fs2t64', LIBRARIES + 'libe2p.so.2', 'lib/libe2p.so.2'),
        ('libcom-err2', LIBRARIES + 'libcom_err.so.2', 'lib/libcom_err.so.2'),
        ('libblkid1', LIBRARIES + 'libblkid.so.1', 'lib/libblkid.so.1'),
        ('libuuid1', LIBRARIES + 'libuuid.so.1', 'lib/libuuid.so.1'),
        *LIBC,
    ),
    'vtpm': (
        ('tpm2-tools', 'usr/bin/tpm2', 'bin/tpm2'),
        ('libtss2-esys-3.0.2-0t64', LIBRARIES + 'libtss2-esys.so.0', 'lib/libtss2-esys.so.0'),
        ('libtss2-mu-4.0.1-0t64', LIBRARIES + 'libtss2-mu.so.0', 'lib/libtss2-mu.so.0'),
        ('libtss2-rc0t64', LIBRARIES + 'libtss2-rc.so.0', 'lib/libtss2-rc.so.0'),
        ('libtss2-sys1t64', LIBRARIES + 'libtss2-sys.so.1', 'lib/libtss2-sys.so.1'),
        ('libtss2-tctildr0t64', LIBRARIES + 'libtss2-tctildr.so.0', 'lib/libtss2-tctildr.so.0'),
        ('libtss2-tcti-device0t64', LIBRARIES + 'libtss2-tcti-device.so.0', 'lib/libtss2-tcti-device.so.0'),
        ('libssl3t64', LIBRARIES + 'libcrypto.so.3', 'lib/libcrypto.so.3'),
        ('zlib1g', LIBRARIES + 'libz.so.1', 'lib/libz.so.1'),
        ('libzstd1', LIBRARIES + 'libzstd.so.1', 'lib/libzstd.so.1'),
        *LIBC,
    ),
}
TEST_TOOLS['vtpm-death'] = TEST_TOOLS['vtpm']
MODULES = 'usr/lib/modules/*'
# Linux's check of the timer counts ticks while it waits; on a busy machine it would find the timer missing. It leaves
# the check out by itself on hosts it knows.
COMMAND_LINE = 'console=ttyS0 quiet no_timer_check'


def kernel(name=DEFAULT):
    """One of KERNELS, as a file."""
    package, place, _ = KERNELS[name]
    PROGRESS.step(f'fetching the guest kernel {name}')
    return fetch.inside(package, place)


def initrd(name=DEFAULT):
    """The initial RAM disk for one of KERNELS, as a file in the build folder."""
    path = os.path.join(BUILD, f'initrd-{name}.cpio')
    initramfs.write(path, fetch.inside('busybox', 'usr/bin/busybox'), fetch.inside(KERNELS[name][2], MODULES))
    return path


def test_initrd(path, name=DEFAULT, tests=(), extra=()):
    """The same with what the guest's TESTS need, written to PATH; EXTRA: more files, as (file, name in the disk)."""
    wanted = dict.fromkeys(row for test in tests for row in TEST_TOOLS.get(test, ()))
    tools = [(fetch.inside(package, place), inside) for package, place, inside in wanted]
    initramfs.write(path, fetch.inside('busybox', 'usr/bin/busybox'), fetch.inside(KERNELS[name][2], MODULES),
                    [*tools, *extra])
    return path


def boot_disk(name=DEFAULT, append=COMMAND_LINE):
    """The disk that boots one of KERNELS by the firmware's shell, as a file in the build folder."""
    start = f'@echo -off\r\n\\vmlinuz.efi initrd=\\initrd.img {append}\r\n'
    with open(kernel(name), 'rb') as file, open(initrd(name), 'rb') as ramdisk:
        files = [('startup.nsh', start.encode()), ('initrd.img', ramdisk.read()), ('vmlinuz.efi', file.read())]
    path = os.path.join(BUILD, f'guest-{name}.img')
    fat.write(path, files)
    return path
