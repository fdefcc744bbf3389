"""Runs the test guest (test/guest) at one VMPL with hello and the faulty service; its cases are counted.

Usage: guest_test.py VMPL [CPUS]
"""

import os
import re
import sys

from checks import Boot, Checks

import build
from common import BUILD

END = r'^(\d+) passed, (\d+) failed$'
# The services of the test image that the build has not where those of the shipped one are.
SERVICES = {**{name: 'test/services/faulty.elf' for name in ('faulty', 'fragile')},
            **{name: 'test/services/hostile.elf' for name in ('hostile', 'intruder', 'glutton')}}


def run(checks, guest, vmpl, cpus):
    """Boot a guest of test/guest in a test image, and count its cases."""
    image = os.path.join(BUILD, f'keel-{guest}-test-vmpl{vmpl}.igvm')
    build.make_image(image, firmware=build.part(f'test/guest/{guest}.fd'), guest_vmpl=vmpl,
                     kernel='kernel/keel-test.elf', services=SERVICES)
    boot = Boot('--igvm', image, '--expect', END, '--timeout', '300', '--smp', cpus)
    cases = boot.log('guest')
    print('\n'.join(line for line in cases if not re.search(END, line)))
    ends = [match for match in (re.search(END, line) for line in cases) if match]
    if checks.that('the guest came to its end', boot.status == 0 and len(ends) == 1, f'exit {boot.status}'):
        passed, failed = int(ends[0].group(1)), int(ends[0].group(2))
        checks.add(passed, failed)
        listed = [sum(line.startswith(word) for line in cases) for word in ('ok ', 'FAIL ')]
        checks.that('every case was printed', listed == [passed, failed], listed)
    checks.that('it ran at its VMPL', boot.report.get('guest_vmpl') == vmpl, boot.report.get('guest_vmpl'))
    return boot


def main(vmpl, cpus='1'):
    """The whole test."""
    checks = Checks()
    run(checks, 'guest', vmpl, cpus)
    checks.end()


if __name__ == '__main__':
    main(int(sys.argv[1]), *sys.argv[2:])
