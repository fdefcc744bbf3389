"""Boots Debian's OVMF to its shell and checks what the run reports.

Usage: ovmf_test.py [--other-qemu | --clang-image] [--with-disk] [options of tools/keel run]
"""

import os
import sys
import tempfile

from checks import Boot, Checks, skip

import build
import measuring
import other_qemu
from common import BUILD, BUILD_CLANG, Failure, sha256_file

SHELL = 'UEFI Interactive Shell'
# The first slot of the bus; the machine's own drive is behind another function.
DISK_SEEN = r'PciRoot\(0x0\)/Pci\(0x1,0x0\)'
DISK_BYTES = 16 << 20
# What a boot may take on two cores without KVM.
BOOT_SECONDS_MAX = 120
REPORTED = ('igvm_sha256', 'launch_digest', 'guest_vmpl', 'smp', 'calls', 'exits', 'vmpl_switches', 'boot_seconds',
            'svsm_memory_bytes', 'svsm_image_bytes')
STEPS = ('environment', 'IDT', '#VC handling', 'memory', 'page tables', 'per-CPU data', 'TSS and IST stacks', 'GHCB',
         'serial log', 'boot information', 'services', 'other CPUs', 'guest firmware', 'request loop')


def make_disk():
    """A raw image with a comma in its name, which QEMU's options have to survive."""
    with tempfile.NamedTemporaryFile(prefix='keel,disk-', suffix='.img', delete=False) as file:
        file.truncate(DISK_BYTES)
        return file.name


def take(words, flag):
    """Whether FLAG is among WORDS, and WORDS without it."""
    return flag in words, [word for word in words if word != flag]


def after(words, option, default):
    """The value of OPTION in WORDS."""
    return words[words.index(option) + 1] if option in words else default


def check_report(checks, boot, image, vmpl):
    """The numbers of the run, against the image file alone where that is possible."""
    report = boot.report
    missing = [name for name in REPORTED if report.get(name) is None]
    checks.that('the report is whole', not missing and 'terminated' in report, f'missing {missing}')
    calls = report.get('calls') or {}
    checks.that('the guest asked for page validation', calls.get('0.1', 0) > 0, calls)
    checks.that('the guest ran at its VMPL', report.get('guest_vmpl') == vmpl, report.get('guest_vmpl'))
    checks.that('the run went on', report.get('terminated') is None, report.get('terminated'))
    checks.that('the image is the one built', report.get('igvm_sha256') == sha256_file(image))
    digest = measuring.launch_digest(image)
    checks.that('the launch digest is what tools/keel measure computes', report.get('launch_digest') == digest, digest)
    seconds = report.get('boot_seconds') or 0
    checks.that(f'it took less than {BOOT_SECONDS_MAX} s', 0 < seconds < BOOT_SECONDS_MAX, seconds)


def check_steps(checks, boot):
    """Every step of the SVSM's boot is logged by name, in order."""
    seen = [line.split('boot: ', 1)[1] for line in boot.log('svsm') if 'boot: ' in line]
    seen = [line for line in seen if line in STEPS]
    checks.that('every boot step is logged, in order', tuple(seen) == STEPS, seen)


def main(words):
    """Boot and check."""
    is_other, words = take(words, '--other-qemu')
    is_clang, words = take(words, '--clang-image')
    has_disk, words = take(words, '--with-disk')
    checks = Checks()
    vmpl = int(after(words, '--guest-vmpl', '2'))
    image = build.image_path(None, vmpl, 'la57' in words)
    options = [*([] if '--smp' in words else ['--smp', '1']), *words]
    if is_clang:
        if not os.path.isfile(os.path.join(BUILD_CLANG, 'kernel', 'keel.elf')):
            skip('there is no clang build; tools/keel test makes one')
        image = os.path.join(BUILD, 'keel-clang.igvm')
        build.make_image(image, folder=BUILD_CLANG)
        options += ['--igvm', image]
    if is_other:
        try:
            options += ['--qemu', other_qemu.get()]
        except Failure as error:
            skip(f'the other QEMU cannot be had: {error}')
    if has_disk:
        disk = make_disk()
        options += ['--disk', disk, '--expect', SHELL, '--expect', DISK_SEEN]
    else:
        options += ['--expect', SHELL]
    boot = Boot('--timeout', '300', *options)
    if has_disk:
        os.unlink(disk)
    checks.that('all that is expected appears', boot.status == 0, f'exit {boot.status}')
    check_report(checks, boot, image, vmpl)
    check_steps(checks, boot)
    checks.end()


if __name__ == '__main__':
    main(sys.argv[1:])
