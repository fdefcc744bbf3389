"""Boots a stock Linux to user space and has it try what its kernel command line asks for.

Usage: linux_test.py [--linux NAME] [--ovmf PIN] [--tests NAME,...] [--ends REASON] [--rounds N] [--shell]
                     [options of tools/keel run]
--shell: no kernel is named, and the firmware's shell starts the default guest. --ends: the guest ends the run.
Modules that the tests load are built by tools/linux against the kernel's headers.
"""

import argparse
import hashlib
import os
import random
import sys
import tempfile

from checks import LONGEST_STAY, ROOT, Boot, Checks

import fetch
import guest

sys.path.insert(0, os.path.join(ROOT, 'tools', 'linux'))

import build_module  # noqa: E402

SECONDS = 1200
# A panic ends the run at once.
COMMAND_LINE = guest.COMMAND_LINE + ' panic=-1'
DISK_BYTES = 128 << 20
SENT_BYTES = 300 << 10
NETWORK = ('-netdev user,id=net0,restrict=on,tftp={folder} '
           '-device virtio-net-pci,netdev=net0,disable-legacy=on,iommu_platform=on,romfile=')
# The module of ours that a test loads.
MODULES = {'protocols': 'keel_protocols', 'hotplug': 'ghcb_release', 'vtpm': 'keel_tpm', 'vtpm-death': 'keel_tpm',
           'eventlog': 'keel_tpm'}
NEVER = 'this never appears'
CREATE_VCPU, DELETE_VCPU, SUCCESS = '0.2', '0.3', '0x00000000'
# VMSAs of each further CPU that firmware and kernel leave behind.
DELETED_AT_BOOT = 4
# Linux's own race with LA57 (docs/guests.md) needs the local APIC's memory. Without it each tick sets the HPET, by
# memory too: in the simulator that takes longer than a tick lasts.
WITHOUT_RACE = ' nolapic hpet=disable'


def arguments(words):
    """This program's own options, and the rest for tools/keel run."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('--linux', default=guest.DEFAULT, choices=sorted(guest.KERNELS))
    parser.add_argument('--ovmf', default=None)
    parser.add_argument('--tests', default='')
    parser.add_argument('--ends', default=None)
    parser.add_argument('--rounds', default='50')
    parser.add_argument('--shell', action='store_true')
    return parser.parse_known_args(words)


def after(words, option, default):
    """The value of OPTION in WORDS."""
    return words[words.index(option) + 1] if option in words else default


def served(folder):
    """A file for the guest to fetch, and its hash beside it."""
    data = random.Random(1).randbytes(SENT_BYTES)
    with open(os.path.join(folder, 'data'), 'wb') as file:
        file.write(data)
    with open(os.path.join(folder, 'data.sha256'), 'w', encoding='ascii') as file:
        file.write(hashlib.sha256(data).hexdigest() + '\n')


def built(linux, tests, folder):
    """What TESTS need that is built here, as (file, name in the RAM disk)."""
    extra = []
    for module in sorted({MODULES[test] for test in tests if test in MODULES}):
        file = build_module.build(module, os.path.join(folder, module + '.ko'), linux)
        extra.append((file, f'lib/modules/{module}.ko'))
    if any(file.startswith('bin/tpm2') for test in tests for _, _, file in guest.TEST_TOOLS.get(test, ())):
        extra.append((build_module.curl(os.path.join(folder, 'curl.so')), 'lib/libcurl-gnutls.so.4'))
    if 'kexec' in tests:
        extra += [(build_module.kexec(os.path.join(folder, 'kexec')), 'bin/kexec'),
                  (guest.kernel(linux), 'lib/next/vmlinuz'), (guest.initrd(linux), 'lib/next/initrd')]
    return extra


def options_of(own, words, folder):
    """What tools/keel run is told: kernel, RAM disk, command line, devices."""
    if own.shell:
        return []
    tests = own.tests.split(',')
    extra = built(own.linux, tests, folder)
    append = COMMAND_LINE + (f' keel.test={own.tests} keel.rounds={own.rounds}' if own.tests else '')
    append += WITHOUT_RACE if 'la57' in words else ''
    words = ['--kernel', guest.kernel(own.linux), '--append', append,
             '--initrd', guest.test_initrd(os.path.join(folder, 'initrd'), own.linux, tests, extra)]
    if 'disk' in tests:
        disk = os.path.join(folder, 'disk')
        with open(disk, 'wb') as file:
            file.truncate(DISK_BYTES)
        words += ['--disk', disk]
    if 'net' in tests:
        os.environ['KEEL_QEMU_ARGS'] = NETWORK.format(folder=folder)
        served(folder)
    return words


def check_numbers(checks, own, words, report, console):
    """What the run's JSON says of the calls, and the guest of its rounds."""
    done = {call: results.get(SUCCESS, 0) for call, results in (report.get('results') or {}).items()}
    checks.that('pages were validated and calling areas moved', {'0.0', '0.1'} <= set(done), done)
    if 'hotplug' in own.tests:
        others = int(after(words, '--smp', '1')) - 1
        rounds = int(own.rounds) * others
        checks.that('a vCPU was created and one deleted in each round',
                    min(done.get(CREATE_VCPU, 0), done.get(DELETE_VCPU, 0)) >= rounds + DELETED_AT_BOOT * others, done)
        checks.that('and a GHCB given back', f'GHCBs given back: {rounds}' in console)
    if '--deterministic' in words:
        longest = report.get('longest_stay_instructions') or 0
        checks.that('no stay in VMPL0 was longer than stated', 0 < longest <= LONGEST_STAY, longest)


def main(words):
    """Boot and check."""
    own, words = arguments(words)
    checks = Checks()
    vmpl, cpus = after(words, '--guest-vmpl', '2'), after(words, '--smp', '1' if not own.shell else r'\d+')
    expected = [rf'^vmpl: {vmpl}$', rf'^cpus: {cpus}$']
    if not own.shell and '--smp' not in words:
        words += ['--smp', cpus]
    if own.ovmf is not None:
        words += ['--firmware', fetch.firmware(own.ovmf)]
    with tempfile.TemporaryDirectory(prefix='keel-linux-') as folder:
        words += options_of(own, words, folder)
        last = [NEVER] if own.ends else ['^tests done$'] if own.tests else []
        for expression in expected + last:
            words += ['--expect', expression]
        boot = Boot('--timeout', str(SECONDS), *words)
    console = [line.strip() for line in boot.log('guest')]
    checks.that('Linux reaches user space at its VMPL', f'vmpl: {vmpl}' in console)
    if own.ends:
        checks.that(f'the run ends with {own.ends}', boot.report.get('terminated') == own.ends,
                    boot.report.get('terminated'))
        checks.that('and the command says so', f'the guest terminated: {own.ends}' in boot.messages)
    else:
        checks.that('everything expected appears', boot.status == 0, f'exit {boot.status}')
        checks.that('the run goes on', boot.report.get('terminated') is None, boot.report.get('terminated'))
    for name in own.tests.split(','):
        if name and not own.ends:
            checks.that(f'the guest passes {name}', f'test {name}: ok' in console)
    check_numbers(checks, own, words, boot.report, console)
    for line in console:
        if line.startswith(('kernel: ', 'memory: ', 'cpus: ', 'seconds ', 'test ', 'cpu ')):
            print(line)
    print({name: boot.report.get(name) for name in ('boot_seconds', 'calls', 'exits', 'vmpl_switches')})
    checks.end()


if __name__ == '__main__':
    main(sys.argv[1:])
