"""The QEMU of another Debian release, unpacked in the cache with every library it needs and never installed.

Debian 12 has QEMU 7.2 and Debian 13 has 10.x; both have to work, so each is tried with the other's as well.
Usage: other_qemu.py  - prints the path of a program to give to tools/keel run --qemu.
"""

import glob
import os
import sys

import archive
import fetch
from common import Failure, PROGRESS, quiet

# What to take where: the suite with the QEMU, and the one below it for its libraries.
SUITES = {'bookworm': ('bookworm-backports', 'bookworm'), 'trixie': ('bookworm', 'bookworm')}
PACKAGE = 'qemu-system-x86'
WRAPPER = '''#!/bin/sh
root=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu"
export LD_LIBRARY_PATH
exec "$root/usr/bin/qemu-system-x86_64" -L "$root/usr/share/seabios" "$@"
'''
# The machine's own C library and its loader are one piece; neither suite asks for a newer one than they are.
LEFT_OUT = 'libc6_'


def unpack(options, work):
    """Unpack all that was downloaded into WORK, with a program in it that starts it."""
    base = next(option.split('=', 1)[1] for option in options if option.startswith('-oDir::Cache='))
    for path in sorted(glob.glob(os.path.join(base, 'archives', '*.deb'))):
        if not os.path.basename(path).startswith(LEFT_OUT):
            quiet(f'unpacking {os.path.basename(path)}', ['dpkg', '-x', path, work])
        os.unlink(path)
    # Where QEMU sees this folder beside itself it looks for its modules and data below it, not in the system.
    os.symlink('../..', os.path.join(work, 'usr/bin/qemu-bundle'))
    program = os.path.join(work, 'qemu')
    with open(program, 'w', encoding='utf-8') as file:
        file.write(WRAPPER)
    os.chmod(program, 0o755)


def bring(name, suite, below, work):
    """Download SUITE's packages, by an apt configuration called NAME, and unpack them into WORK."""
    options = archive.apt_options(name, *dict.fromkeys((suite, below)))
    PROGRESS.step(f'downloading {PACKAGE} of {suite}')
    archive.update_lists(options, suite)
    quiet(f'downloading {PACKAGE} of {suite}',
          ['apt-get', *options, '-qq', '-y', '-t', suite, '--download-only', '--no-install-recommends', 'install',
           PACKAGE])
    PROGRESS.step(f'unpacking {PACKAGE} of {suite}')
    unpack(options, work)


def get():
    """The program's path; downloads it the first time."""
    own = archive.codename()
    if own not in SUITES:
        raise Failure(f'no other QEMU is known for {own}')
    suite, below = SUITES[own]
    name = f'qemu-of-{suite}'
    program = os.path.join(fetch.unpacked(name, lambda work: bring(name, suite, below, work)), 'qemu')
    quiet(f'starting {PACKAGE} of {suite}', [program, '--version'])
    return program


if __name__ == '__main__':
    try:
        print(get())
    except Failure as error:
        PROGRESS.clear()
        print(f'keel: {error}', file=sys.stderr)
        sys.exit(1)
