"""Configures and builds with meson, and puts keel.igvm together."""

import os
import re
import subprocess

import fetch
import packages
from common import BUILD, BUILD_CLANG, Failure, PROGRESS, ROOT, alone_in, quiet, sha256_file
from qemu import BIOS

# Host code is built with sanitizers; bare targets switch them off for themselves (root meson.build).
MESON_OPTIONS = ['-Db_sanitize=address,undefined', '-Db_lundef=false']
COMPILERS = {BUILD: 'gcc', BUILD_CLANG: 'clang'}
KERNEL = 'kernel/keel.elf'
IMAGE_PARTS = ['arch/stub.elf', KERNEL, 'service-images', 'tools/igvm/keel-igvm', BIOS]
# Each kernel has a table of the services that its image must hold.
SERVICE_TABLES = {KERNEL: 'kernel/ipc/service_table.c',
                  'kernel/keel-test.elf': 'test/services/service_table.c'}
# What stands behind protocol 2 instead of the service of that name.
VTPM_STUB = 'services/vtpm-stub.elf'


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
                quiet('configuring', ['ninja', '-C', folder, 'build.ninja'])
                return
    except OSError:
        pass
    again = ['--wipe'] if os.path.isdir(os.path.join(folder, 'meson-private')) else []
    environment = dict(os.environ, CC=COMPILERS[folder])
    PROGRESS.step(f'configuring {os.path.basename(folder)} ({COMPILERS[folder]})')
    quiet('configuring', ['meson', 'setup', *again, *MESON_OPTIONS, folder], env=environment)
    with open(stamp, 'w', encoding='utf-8') as file:
        file.write(wanted)


def compile_all(folder, targets=()):
    """Build every target of FOLDER, or TARGETS alone, showing ninja's own count."""
    configure(folder)
    name = f'{os.path.basename(folder)} ({COMPILERS[folder]})'
    PROGRESS.step(f'building {name}')
    lines = []
    with subprocess.Popen(['ninja', '-C', folder, *targets], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace') as ninja:
        for line in ninja.stdout:
            if not line.startswith('['):
                lines.append(line)
            elif PROGRESS.is_tty:
                PROGRESS.step(f'building {name} {line.split("]")[0]}]')
    if ninja.returncode != 0:
        PROGRESS.clear()
        raise Failure(f'building {name} failed:\n' + ''.join(lines[-60:]).rstrip())


def alone():
    """One at a time: two commands in one clone must not install, configure or build at once."""
    return alone_in(ROOT, 'building')


def prepare(*folders):
    """Set up and build FOLDERS."""
    with alone():
        setup()
        for folder in folders:
            compile_all(folder)


def prepare_image(*targets):
    """Set up, and build TARGETS and what an image and its run need: no tests."""
    with alone():
        setup()
        compile_all(BUILD, [*IMAGE_PARTS, *targets])


def part(name, folder=BUILD):
    """The path of one build output, which must exist."""
    path = os.path.join(folder, name)
    if not os.path.isfile(path):
        raise Failure(f'the build made no {name}; this state of the tree cannot make an image')
    return path


def image_path(firmware, guest_vmpl, la57, vtpm='libtpms'):
    """Where the image of these choices is: build/keel.igvm for the usual ones, a name of its own for others."""
    words = [] if guest_vmpl == 2 else [f'vmpl{guest_vmpl}']
    if la57:
        words.append('la57')
    if vtpm != 'libtpms':
        words.append(vtpm)
    if firmware is not None:
        words.append('fw' + sha256_file(firmware)[:8])
    return os.path.join(BUILD, '-'.join(['keel', *words]) + '.igvm')


def services_of(kernel, folder):
    """The names in a kernel's service table, each with where in FOLDER the build put that service's image."""
    with open(os.path.join(ROOT, SERVICE_TABLES[kernel]), encoding='utf-8') as file:
        names = re.findall(r'^\s*\.name = "([^"]+)"', file.read(), re.MULTILINE)
    # One that is linked in a way of its own lies in its own folder.
    own = {name: f'services/{name}/{name}.elf' for name in names}
    return {name: own[name] if os.path.isfile(os.path.join(folder, own[name])) else f'services/{name}.elf'
            for name in names}


def make_image(output, firmware=None, guest_vmpl=2, la57=False, vtpm='libtpms', folder=BUILD, kernel=KERNEL,
               services=None, region_size=None):
    """Put an image together from what is built in FOLDER. OUTPUT is replaced whole, never half-written.

    SERVICES says where images are that do not lie where services_of() puts them.
    """
    part_path = f'{output}.{os.getpid()}'
    command = [part('tools/igvm/keel-igvm', folder), 'build', '--stub', part('arch/stub.elf', folder),
               '--kernel', part(kernel, folder), '--firmware', firmware or fetch.firmware(),
               '--guest-vmpl', str(guest_vmpl)]
    stub = {'vtpm': VTPM_STUB} if vtpm == 'stub' else {}
    for name, path in {**services_of(kernel, folder), **stub, **(services or {})}.items():
        command += ['--service', f'{name}={part(path, folder)}']
    if la57:
        command.append('--la57')
    if region_size is not None:
        command += ['--region-size', str(region_size)]
    PROGRESS.step('putting the image together')
    try:
        quiet('putting the image together', command + ['--output', part_path])
        os.replace(part_path, output)
    finally:
        if os.path.exists(part_path):
            os.unlink(part_path)


def image(firmware, guest_vmpl, la57, vtpm='libtpms'):
    """The image of these choices, made anew; returns its path."""
    output = image_path(firmware, guest_vmpl, la57, vtpm)
    make_image(output, firmware, guest_vmpl, la57, vtpm)
    return output


def build(options):
    """tools/keel build."""
    prepare(BUILD)
    path = image(options.firmware, options.guest_vmpl or 2, 'la57' in options.cpu_feature, options.vtpm)
    PROGRESS.clear()
    print(f'{os.path.relpath(path)}  {os.path.getsize(path)} bytes  sha256 {sha256_file(path)}')
    return 0
