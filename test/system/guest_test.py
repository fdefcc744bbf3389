"""Runs a test guest (test/guest) at one VMPL; its cases are counted, and what the simulator saw is looked at.

Usage: guest_test.py VMPL [CPUS] [--guest NAME] [--sim PARAMETERS] [--region-size BYTES] [--shipped]
                     [options of tools/keel run]
It runs in the test image, which has hello and the faulty service, or with --shipped under what ships.
"""

import argparse
import os
import re
import sys
import tempfile

from checks import TEST_SERVICES, Boot, Checks

import build

END = r'^(\d+) passed, (\d+) failed$'
SECONDS = '600'
TEST_IMAGE = {'kernel': 'kernel/keel-test.elf', 'services': TEST_SERVICES}
# What ships, with a vTPM that needs little memory.
SHIPPED = {'vtpm': 'stub'}


def run(checks, guest, vmpl, cpus, words=(), shipped=False, region_size=None, sim=''):
    """Boot a guest of test/guest, in a test image or under what ships, and count its cases."""
    # QEMU loses the state of a first CPU that runs in parallel to others (docs/simulator.md): that one is spare.
    is_parallel = '--parallel' in words
    os.environ['KEEL_SIM_PARAMS'] = sim + ' spare_cpu=1' * is_parallel
    with tempfile.TemporaryDirectory(prefix='keel-guest-') as folder:
        image = os.path.join(folder, 'image.igvm')
        build.make_image(image, firmware=build.part(f'test/guest/{guest}.fd'), guest_vmpl=vmpl,
                         region_size=region_size, **(SHIPPED if shipped else TEST_IMAGE))
        boot = Boot('--igvm', image, '--expect', END, '--timeout', SECONDS, '--smp', str(int(cpus) + is_parallel),
                    *words)
    cases = boot.log('guest')
    print('\n'.join(line for line in cases if not re.search(END, line)))
    ends = [match for match in (re.search(END, line) for line in cases) if match]
    if checks.that('the guest came to its end', boot.status == 0 and len(ends) == 1, f'exit {boot.status}'):
        passed, failed = int(ends[0].group(1)), int(ends[0].group(2))
        checks.add(passed, failed)
        listed = [sum(line.startswith(word) for line in cases) for word in ('ok ', 'FAIL ')]
        checks.that('every case was printed', listed == [passed, failed], listed)
    checks.that('it had its vCPUs', boot.report.get('smp') == int(cpus), boot.report.get('smp'))
    checks.that('it ran at its VMPL', boot.report.get('guest_vmpl') == vmpl, boot.report.get('guest_vmpl'))
    events = boot.report.get('events') or {}
    checks.that('no VMSA was ever open to writes', events.get('open_vmsa') == 0, events)
    print({name: boot.report.get(name) for name in ('boot_seconds', 'results', 'exits', 'vmpl_switches')})
    return boot


def main(words):
    """The whole test."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('vmpl', type=int)
    parser.add_argument('cpus', nargs='?', default='1')
    parser.add_argument('--guest', default='guest')
    parser.add_argument('--sim', default='')
    parser.add_argument('--shipped', action='store_true')
    parser.add_argument('--region-size', type=lambda text: int(text, 0), default=None)
    own, words = parser.parse_known_args(words)
    checks = Checks()
    run(checks, own.guest, own.vmpl, own.cpus, words, own.shipped, own.region_size, own.sim)
    checks.end()


if __name__ == '__main__':
    main(sys.argv[1:])
