"""tools/keel bench --tpm: what the TPM costs, in executed instructions of VMPL0, and what room it takes.

The bench guest (test/guest/bench_tpm.c) sends TPM commands in phases; the simulator lists every call with the
instructions VMPL0 took. A long command is answered in parts: its instructions are those of all its calls. A program
of the host (test/unit/services/vtpm/host_bench.c) sends the same commands to the same library, and valgrind counts
them. Seeds and keys are random, and so is how long a key takes to find.
"""

import os
import re
import subprocess
import tempfile

import bench
import build
import report
from common import BUILD, Failure, PROGRESS

GUEST = 'test/guest/bench_tpm.fd'
HOST = 'test/unit/services/tpm_host_bench'
# The image's own system calls, answered in a Linux process (test/unit/services/vtpm/image_run.h).
ROOM = 'test/unit/unit_services_vtpm_image'
# Each host_phase() is one phase, of which the commands count: one file of counts for each.
COUNT = ['valgrind', '--tool=callgrind', '--toggle-collect=host_execute', '--dump-after=host_phase']
# No AVX, as in the SVSM: OpenSSL's own switch.
NO_AVX = {'OPENSSL_ia32cap': '~0x1800100000000000:~0x20'}
# The budget of a call, 3,000,000 ticks, and what a command may execute between two looks at the clock (docs/vtpm.md);
# the TPM's NV memory is stored in one go when it is made.
LONGEST_STAY = 3_100_000
LONGEST_STAY_MAKING = 3_400_000
MAKING = 'the first command: makes TPM and keys'
# What a phase is, and how many commands it has.
PHASES = {MAKING: 1, 'TPM2_Startup': 1, 'TPM2_SelfTest, full': 1,
          'TPM2_GetRandom, 32 bytes': 100, 'TPM2_PCR_Extend, SHA-256': 100, 'RSA-2048 primary key, and flush': 3,
          'ECC P-256 primary key': 1, 'TPM2_Sign, ECC P-256': 20}


def count_host():
    """Instructions of each phase in the program of the host, and the bytes that its heap had at most."""
    with tempfile.TemporaryDirectory(prefix='keel-bench-') as folder:
        out = os.path.join(folder, 'count')
        PROGRESS.step('counting what the library takes on this host')
        done = subprocess.run([*COUNT, f'--callgrind-out-file={out}', build.part(HOST)], env={**os.environ, **NO_AVX},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace', check=False)
        heap = re.search(r'^heap (\d+)$', done.stdout, re.MULTILINE)
        if done.returncode != 0 or not heap:
            raise Failure('counting on the host failed:\n' + done.stdout.rstrip())
        totals = []
        for number in range(1, len(PHASES) + 1):
            with open(f'{out}.{number}', encoding='utf-8') as file:
                totals.append(int(re.search(r'^totals: (\d+)$', file.read(), re.MULTILINE)[1]))
    return dict(zip(PHASES, totals)), int(heap[1])


def room():
    """What the image had of its heap and of its stack at most, in bytes, for the same commands."""
    done = subprocess.run([build.part(ROOM), 'takes_room'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace', check=False)
    found = re.search(r'^heap (\d+) stack (\d+)$', done.stdout, re.MULTILINE)
    if done.returncode != 0 or not found:
        raise Failure("tracing the TPM's image failed:\n" + done.stdout.rstrip())
    return int(found[1]), int(found[2])


def host_bytes():
    """Code, constants and data of the program of the host, in memory."""
    done = subprocess.run(['size', build.part(HOST)], stdout=subprocess.PIPE, text=True, check=True)
    return int(done.stdout.splitlines()[1].split()[3])


def measure(parse):
    """All numbers: of the image, of the host, and by phase."""
    image = os.path.join(BUILD, 'keel-bench-tpm.igvm')
    build.make_image(image, firmware=build.part(GUEST))
    boot = bench.Boot(parse, image, '--trace-calls', '--expect', bench.DONE)
    host, host_heap = count_host()
    heap, stack = room()
    commands = {}
    for name, calls in bench.phases(boot.lines, tuple(PHASES)).items():
        ticks = [count for _, count in calls]
        commands[name] = {'commands': PHASES[name], 'calls': len(calls), 'instructions': sum(ticks) // PHASES[name],
                          'longest_stay': max(ticks), 'host_instructions': host[name] // PHASES[name]}
    described = report.describe(image)
    return {'commands': commands, 'image_bytes': described['image_bytes'], 'region_bytes': described['region_bytes'],
            'heap_bytes': heap, 'stack_bytes': stack,
            'host': {'program_bytes': host_bytes(), 'heap_bytes': host_heap}}


def show(numbers):
    """The table; whether each stay was short enough."""
    print(f'{"image without firmware, bytes":40} {numbers["image_bytes"]:>13,}')
    print(f'{"memory reserved, bytes":40} {numbers["region_bytes"]:>13,}')
    print(f'{"heap at most, bytes":40} {numbers["heap_bytes"]:>13,}')
    print(f'{"stack at most, bytes":40} {numbers["stack_bytes"]:>13,}')
    print(f'{"on a host: code and data, bytes":40} {numbers["host"]["program_bytes"]:>13,}')
    print(f'{"on a host: heap at most, bytes":40} {numbers["host"]["heap_bytes"]:>13,}')
    print(f'\n{"instructions for one":40} {"in VMPL0":>13} {"calls":>7} {"longest stay":>13} {"on a host":>13}')
    for name, row in numbers['commands'].items():
        calls = row['calls'] // row['commands']
        print(f'{name:40} {row["instructions"]:>13,} {calls:>7,} {row["longest_stay"]:>13,} '
              f'{row["host_instructions"]:>13,}')
    return all(row['longest_stay'] <= (LONGEST_STAY_MAKING if name == MAKING else LONGEST_STAY)
               for name, row in numbers['commands'].items())


def main(options, parse):
    """The whole command; exit status 1 when a command held the CPU for too long."""
    return bench.finish(options, parse, measure, show)
