"""Boots guests that touch what hardware keeps from them: each time the machine has to end there, saying what was done.

Usage: isolation_test.py VMPL
"""

import os
import re
import sys

from checks import Boot, Checks

import build
from common import BUILD

# In the order of test/guest/deeds.c. Its own VMPL may read a VMSA.
DEEDS = (('read', 'the SVSM'), ('write', 'the SVSM'), ('fetch', 'the SVSM'), ('write', 'a VMSA'), ('fetch', 'a VMSA'))
WENT_ON = 'FAIL it went on'


def try_deed(checks, number, vmpl):
    """One boot, to its end."""
    image = os.path.join(BUILD, 'keel-deed.igvm')
    build.make_image(image, firmware=build.part(f'test/guest/deed-{number}.fd'), guest_vmpl=vmpl, vtpm='stub')
    boot = Boot('--igvm', image, '--expect', WENT_ON, '--timeout', '60', '--smp', '1')
    access, what = DEEDS[number]
    begun = [match for match in (re.match(r'deed: .* at (0x[0-9a-f]+)', line) for line in boot.log('guest')) if match]
    if not checks.that(f'{access} of {what}: the guest tries', len(begun) == 1, boot.log('guest')):
        return
    want = f'VMPL violation: {access} of gpa {begun[0].group(1)} by VMPL{vmpl},'
    ended = boot.report.get('terminated') or ''
    checks.that(f'{access} of {what}: the machine ends there', boot.status == 1 and want in ended, ended)
    checks.that(f'{access} of {what}: the guest does not go on', WENT_ON not in boot.log('guest'))


def main(vmpl):
    """Every deed."""
    checks = Checks()
    for number in range(len(DEEDS)):
        try_deed(checks, number, vmpl)
    checks.end()


if __name__ == '__main__':
    main(int(sys.argv[1]))
