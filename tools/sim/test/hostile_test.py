"""The test guest under Keel on a host that misbehaves: it enters VMPL0 again and again although nobody called, and
every answer has to be the same; so they have when it puts each message to the PSP off three times; it changes an answer
of the PSP, and nothing is attested any more while all else goes on; it takes a page of VMPL0 away, and Keel has to end
the guest by itself.

Usage: hostile_test.py SIM_BIN BUILD_FOLDER
"""

import json
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
AFTER = 8000
BUSY = 3
# Keel's own reason set (include/snp/ghcb_msr.h).
KEEL_ENDS = r'VMPL0 asks to terminate: reason set 11, '


def build_image(folder, build):
    """keel.igvm with the test guest and the services it calls."""
    image = os.path.join(folder, 'keel.igvm')
    parts = {name: os.path.join(build, *name.split('/')) for name in (
        'tools/igvm/keel-igvm', 'arch/stub.elf', 'kernel/keel-test.elf', 'test/guest/guest.fd')}
    services = {'core': 'services/core.elf', 'attestation': 'services/attestation.elf', 'hello': 'services/hello.elf',
                'vtpm': 'services/vtpm/vtpm.elf',
                **{name: 'test/services/faulty.elf' for name in ('faulty', 'fragile')},
                **{name: 'test/services/hostile.elf' for name in ('hostile', 'intruder', 'glutton')},
                'echo': 'test/services/echo.elf'}
    command = [parts['tools/igvm/keel-igvm'], 'build', '--stub', parts['arch/stub.elf'],
               '--kernel', parts['kernel/keel-test.elf'], '--firmware', parts['test/guest/guest.fd']]
    for name, path in services.items():
        command += ['--service', f'{name}={os.path.join(build, path)}']
    subprocess.run([*command, '--output', image], check=True)
    return image


def unasked(folder, sim, image):
    """(passed, failed) of the guest's cases."""
    console, log = sim_test.run(folder, sim, image, sim_test.WIDE, f'c_bit=51 spurious={EVERY}', SECONDS)
    end = re.search(r'^(\d+) passed, (\d+) failed', console, re.MULTILINE)
    entries = re.findall(r'"spurious": (\d+)', log)
    print('\n'.join(line for line in console.splitlines() if line.startswith('FAIL')))
    print(f'{entries[-1] if entries else "no"} entries that nobody asked for')
    if end is None or not entries or int(entries[-1]) < ENTRIES:
        print(log[-1000:])
        return 0, 1
    return int(end[1]), int(end[2])


def put_off(folder, sim, image):
    """(passed, failed) of the guest's cases; attestation's need the PSP."""
    console, log = sim_test.run(folder, sim, image, sim_test.WIDE, f'c_bit=51 psp_busy={BUSY}', SECONDS)
    end = re.search(r'^(\d+) passed, (\d+) failed', console, re.MULTILINE)
    answers = re.findall(r'"guest_requests": (\{"report": \{[^}]*\}\})', log)
    print('\n'.join(line for line in console.splitlines() if line.startswith('FAIL')))
    print(f'guest requests: {answers[-1] if answers else "none"}')
    if end is None or not answers or '"vmm 0x02"' not in answers[-1]:
        print(log[-1000:])
        return 0, 1
    return int(end[1]), int(end[2])


def forged(folder, sim, image):
    """(passed, failed) of the guest's cases, and one: VMPCK0 was never used again."""
    console, log = sim_test.run(folder, sim, image, sim_test.WIDE, 'c_bit=51 psp_forge=1', SECONDS)
    end = re.search(r'^(\d+) passed, (\d+) failed', console, re.MULTILINE)
    answers = re.findall(r'"guest_requests": (\{"report": \{[^}]*\}\})', log)
    failures = [line for line in console.splitlines() if line.startswith('FAIL')]
    others = [line for line in failures if not line.startswith('FAIL attestation: ')]
    print('\n'.join(others))
    print(f'{len(failures) - len(others)} attestations refused; guest requests: {answers[-1] if answers else "none"}')
    if end is None or not failures or not answers or json.loads(answers[-1]) != {'report': {'ok': 1}}:
        print(log[-1000:])
        return 0, 1
    return int(end[1]) + 1, len(others)


def stolen(folder, sim, image):
    """(passed, failed) of one case."""
    _, log = sim_test.run(folder, sim, image, sim_test.WIDE, f'c_bit=51 steal={AFTER}', SECONDS)
    taken = re.search(r"takes gpa 0x[0-9a-f]+, VMPL0's stack, away", log)
    end = re.search(r'^sim: terminated: (.*)', log, re.MULTILINE)
    print(f'{"a page was taken" if taken else "nothing was taken"}; {end[1] if end else log[-500:]}')
    good = taken and end and re.match(KEEL_ENDS, end[1])
    return (1, 0) if good else (0, 1)


def main():
    """Four boots."""
    sim, build = sys.argv[1:]
    if shutil.which(sim_test.QEMU) is None:
        print(f'{sim_test.QEMU} is not installed')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        image = build_image(folder, build)
        results = [run(folder, sim, image) for run in (unasked, put_off, forged, stolen)]
    passed, failed = (sum(column) for column in zip(*results))
    print(f'{passed} passed, {failed} failed')
    return int(failed != 0)


if __name__ == '__main__':
    sys.exit(main())
