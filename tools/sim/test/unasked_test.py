"""The test guest under Keel on a host that enters VMPL0 again and again although nobody called: every answer has to be
the same.

Usage: unasked_test.py SIM_BIN BUILD_FOLDER
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import sim_test

EVERY = 3
SECONDS = 300
ENTRIES = 500


def build_image(folder, build):
    """keel.igvm with the test guest and the services it calls."""
    image = os.path.join(folder, 'keel.igvm')
    parts = {name: os.path.join(build, *name.split('/')) for name in (
        'tools/igvm/keel-igvm', 'arch/stub.elf', 'kernel/keel-test.elf', 'test/guest/guest.fd')}
    services = {'core': 'services/core.elf', 'hello': 'services/hello.elf', 'faulty': 'test/services/faulty.elf',
                'fragile': 'test/services/faulty.elf'}
    command = [parts['tools/igvm/keel-igvm'], 'build', '--stub', parts['arch/stub.elf'],
               '--kernel', parts['kernel/keel-test.elf'], '--firmware', parts['test/guest/guest.fd']]
    for name, path in services.items():
        command += ['--service', f'{name}={os.path.join(build, path)}']
    subprocess.run([*command, '--output', image], check=True)
    return image


def main():
    """One boot."""
    sim, build = sys.argv[1:]
    if shutil.which(sim_test.QEMU) is None:
        print(f'{sim_test.QEMU} is not installed')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        image = build_image(folder, build)
        console, log = sim_test.run(folder, sim, image, sim_test.WIDE, f'c_bit=51 spurious={EVERY}', SECONDS)
    end = re.search(r'^(\d+) passed, (\d+) failed', console, re.MULTILINE)
    entries = re.findall(r'"spurious": (\d+)', log)
    print('\n'.join(line for line in console.splitlines() if line.startswith('FAIL')))
    print(f'{entries[-1] if entries else "no"} entries that nobody asked for')
    if end is None or not entries or int(entries[-1]) < ENTRIES:
        print(log[-1000:])
        print('0 passed, 1 failed')
        return 1
    print(f'{end[1]} passed, {end[2]} failed')
    return int(end[2] != '0')


if __name__ == '__main__':
    sys.exit(main())
