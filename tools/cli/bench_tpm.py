"""tools/keel bench --tpm: what the TPM costs, in executed instructions of VMPL0, and what room it takes.

The bench guest (test/guest/bench_tpm.c) sends TPM commands in phases; the simulator lists every call with the
instructions VMPL0 took. A long command is answered in parts: its instructions are those of all its calls. Seeds and
keys are random, and so is how long a key takes to find.
"""

import json
import os

import bench
import build
import report
from common import BUILD, PROGRESS

GUEST = 'test/guest/bench_tpm.fd'
# The budget of a call, 3,000,000 ticks, and what a command may execute between two looks at the clock.
LONGEST_STAY = 3_500_000
# What a phase is, and how many commands it has.
PHASES = {'the first command: makes TPM and keys': 1, 'TPM2_Startup': 1, 'TPM2_SelfTest, full': 1,
          'TPM2_GetRandom, 32 bytes': 100, 'TPM2_PCR_Extend, SHA-256': 100, 'RSA-2048 primary key, and flush': 3,
          'ECC P-256 primary key': 1, 'TPM2_Sign, ECC P-256': 20}


def measure(parse):
    """All numbers: of the image, and by phase."""
    image = os.path.join(BUILD, 'keel-bench-tpm.igvm')
    build.make_image(image, firmware=build.part(GUEST))
    boot = bench.Boot(parse, image, '--trace-calls', '--expect', bench.DONE)
    commands = {}
    for name, calls in bench.phases(boot.lines, tuple(PHASES)).items():
        ticks = [count for _, count in calls]
        commands[name] = {'commands': PHASES[name], 'calls': len(calls), 'instructions': sum(ticks) // PHASES[name],
                          'longest_stay': max(ticks)}
    described = report.describe(image)
    return {'commands': commands, 'image_bytes': described['image_bytes'], 'region_bytes': described['region_bytes']}


def show(numbers):
    """The table; whether each stay was short enough."""
    print(f'{"image without firmware, bytes":40} {numbers["image_bytes"]:>13,}')
    print(f'{"memory reserved, bytes":40} {numbers["region_bytes"]:>13,}')
    print(f'\n{"instructions in VMPL0 for one":40} {"all":>13} {"calls":>7} {"longest stay":>13}')
    for name, row in numbers['commands'].items():
        calls = row['calls'] // row['commands']
        print(f'{name:40} {row["instructions"]:>13,} {calls:>7,} {row["longest_stay"]:>13,}')
    return all(row['longest_stay'] <= LONGEST_STAY for row in numbers['commands'].values())


def main(options, parse):
    """The whole command; exit status 1 when a command held the CPU for too long."""
    build.prepare(BUILD)
    numbers = measure(parse)
    PROGRESS.clear()
    is_good = show(numbers)
    if options.json:
        with open(options.json, 'w', encoding='utf-8') as file:
            json.dump(numbers, file, indent=2)
            file.write('\n')
    return 0 if is_good else 1
