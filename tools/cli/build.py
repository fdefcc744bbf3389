"""Configures and builds with meson, and puts keel.igvm together."""

import os
import subprocess

import fetch
import packages
from common import BUILD, BUILD_CLANG, Failure, IMAGE, PROGRESS, ROOT, quiet, sha256_file

# Host code is built with sanitizers; bare targets switch them off for themselves (root meson.build).
MESON_OPTIONS = ['-Db_sanitize=address,undefined', '-Db_lundef=false']
COMPILERS = {BUILD: 'gcc', BUILD_CLANG: 'clang'}


def setup():
    """Everything a build, a run or a test needs; quick and silent when nothing is missing."""
    packages.install_missing()
    fetch.sources()
    fetch.firmware()


def configure(folder):
    """Have meson configure FOLDER once, and again when the options here have changed."""
    stamp = os.path.join(folder, '.keel-configured')
    wanted = ' '.join([COMPILERS[folder], *MESON_OPTIONS])
    try:
        with open(stamp, encoding='utf-8') as file:
            if file.read() == wanted:
                return
    except OSError:
        pass
    again = ['--wipe'] if os.path.isdir(os.path.join(folder, 'meson-private')) else []
    environment = dict(os.environ, CC=COMPILERS[folder])
    PROGRESS.step(f'configuring {os.path.basename(folder)} ({COMPILERS[folder]})')
    quiet('configuring', ['meson', 'setup', *again, *MESON_OPTIONS, folder], env=environment)
    with open(stamp, 'w', encoding='utf-8') as file:
        file.write(wanted)


def compile_all(folder):
    """Build every target of FOLDER, showing ninja's own count."""
    configure(folder)
    name = f'{os.path.basename(folder)} ({COMPILERS[folder]})'
    PROGRESS.step(f'building {name}')
    lines = []
    with subprocess.Popen(['ninja', '-C', folder], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace') as ninja:
        for line in ninja.stdout:
            lines.append(line)
            if PROGRESS.is_tty and line.startswith('['):
                PROGRESS.step(f'building {name} {line.split("]")[0]}]')
    if ninja.returncode != 0:
        PROGRESS.clear()
        raise Failure(f'building {name} failed:\n' + ''.join(lines[-60:]).rstrip())


def part(name, folder=BUILD):
    """The path of one build output, which must exist."""
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        raise Failure(f'the build made no {name}; this state of the tree cannot make an image')
    return path


def image(output=IMAGE, firmware=None, guest_vmpl=2, la57=False, folder=BUILD):
    """Put an image together from what is built in FOLDER."""
    command = [part('tools/igvm/keel-igvm', folder), 'build', '--stub', part('arch/stub.elf', folder),
               '--kernel', part('kernel/keel.elf', folder), '--firmware', firmware or fetch.firmware(),
               '--service', 'core=' + part('services/core.elf', folder), '--guest-vmpl', str(guest_vmpl)]
    if la57:
        command.append('--la57')
    PROGRESS.step('putting the image together')
    quiet('putting the image together', command + ['--output', output])
    return output


def build(options):
    """tools/keel build."""
    setup()
    compile_all(BUILD)
    path = image(firmware=options.firmware, guest_vmpl=options.guest_vmpl, la57='la57' in options.cpu_feature)
    PROGRESS.clear()
    print(f'{os.path.relpath(path)}  {os.path.getsize(path)} bytes  sha256 {sha256_file(path)}')
    return 0
