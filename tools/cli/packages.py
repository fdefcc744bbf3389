"""Debian packages of the running release: installs what is missing, and only that."""

import os
import re
import shutil
import subprocess

from common import Failure, PROGRESS, quiet

# What building, running and testing needs. Recommended packages are left out: QEMU's bring a desktop along.
WANTED = [
    'binutils', 'clang', 'clang-format', 'clang-tidy', 'gcc', 'git', 'libc6-dev', 'meson', 'ninja-build',
    'openssl', 'python3-cryptography', 'python3-cbor2', 'qemu-system-x86', 'shellcheck',
    'valgrind',
]


def is_installed(names):
    """The names among NAMES that dpkg has fully installed."""
    done = subprocess.run(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n', *names],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    lines = (line.split() for line in done.stdout.splitlines())
    return {words[0] for words in lines if len(words) == 2 and words[1] == 'installed'}


def clang_runtime():
    """The package with the sanitizers and libFuzzer of the release's clang, or None when apt does not know clang."""
    done = subprocess.run(['apt-cache', 'depends', 'clang'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    found = re.search(r'Depends: clang-(\d+)$', done.stdout, re.MULTILINE)
    return f'libclang-rt-{found.group(1)}-dev' if found else None


def as_root(command):
    """COMMAND as root, without ever asking for a password."""
    if os.geteuid() == 0:
        return command
    if shutil.which('sudo') is None:
        raise Failure('packages are missing and there is no sudo; as root: ' + ' '.join(command))
    return ['sudo', '-n', *command]


def apt_get(what, *words):
    """Run apt-get without prompts, waiting for another apt to end."""
    command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y', '-o', 'DPkg::Lock::Timeout=300',
               '-o', 'Dpkg::Use-Pty=0', *words]
    quiet(what, as_root(command))


def missing():
    """The packages of WANTED, and clang's runtime, that are not installed."""
    wanted = list(WANTED)
    runtime = clang_runtime()
    if runtime is not None:
        wanted.append(runtime)
    have = is_installed(wanted)
    return [name for name in wanted if name not in have]


def install_missing():
    """Make the machine able to build, run and test."""
    if shutil.which('apt-get') is None:
        raise Failure('setup knows Debian only (there is no apt-get); install by hand: ' + ' '.join(WANTED))
    if not missing():
        return
    PROGRESS.step('reading the package lists')
    apt_get('reading the package lists', 'update')
    names = missing()
    PROGRESS.step('installing ' + ' '.join(names))
    apt_get('installing packages', 'install', '--no-install-recommends', *names)
    left = missing()
    if left:
        raise Failure('apt reported success, but these are still missing: ' + ' '.join(left))
