"""Linux calls services by name: the module keel, its device and the example program, in an image that has hello.

Usage: services_test.py [--linux NAME] [--smp N]
"""

import argparse
import os
import sys
import tempfile

from checks import ROOT, TEST_SERVICES, Boot, Checks

import build
import guest
from common import BUILD

sys.path.insert(0, os.path.join(ROOT, 'tools', 'linux'))

import build_module  # noqa: E402

COMMAND_LINE = guest.COMMAND_LINE + ' panic=-1 keel.test=services'
SECONDS = '1200'


def main(words):
    """Boot and check."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('--linux', default=guest.DEFAULT, choices=sorted(guest.KERNELS))
    parser.add_argument('--smp', default='2')
    own = parser.parse_args(words)
    checks = Checks()
    image = os.path.join(BUILD, 'keel-services-test.igvm')
    build.make_image(image, kernel='kernel/keel-test.elf', services=TEST_SERVICES)
    with tempfile.TemporaryDirectory(prefix='keel-services-') as folder:
        extra = [(build_module.build('keel', os.path.join(folder, 'keel.ko'), own.linux), 'lib/modules/keel.ko'),
                 (build_module.example(os.path.join(folder, 'hello')), 'bin/hello')]
        initrd = guest.test_initrd(os.path.join(folder, 'initrd'), own.linux, extra=extra)
        boot = Boot('--igvm', image, '--kernel', guest.kernel(own.linux), '--initrd', initrd, '--append', COMMAND_LINE,
                    '--smp', own.smp, '--expect', '^tests done$', '--timeout', SECONDS)
    console = [line.strip() for line in boot.log('guest')]
    told = ('kernel: ', 'cpus: ', 'test ', 'Welcome', '12 calls')
    print('\n'.join(line for line in console if line.startswith(told)))
    checks.that('everything expected appears', boot.status == 0, f'exit {boot.status}')
    checks.that('a program has hello\'s welcome', 'Welcome, Ada, says the SVSM (to VMPL2)' in console)
    checks.that('many programs at once have theirs', f'12 calls of 4 callers on {own.smp} CPUs' in console)
    checks.that('what is wrong is refused', 'test services: ok' in console, console[-20:])
    checks.that('the run goes on', boot.report.get('terminated') is None, boot.report.get('terminated'))
    died = [line for line in boot.log('svsm') if 'died' in line]
    checks.that('no service died', not died, died)
    checks.end()


if __name__ == '__main__':
    main(sys.argv[1:])
