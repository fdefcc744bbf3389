"""What the TPM costs, here and on the host, printed; no command holds the CPU for long, and small ones are not cut.

Usage: tpm_bench_test.py
"""

import json
import os
import subprocess
import tempfile

from checks import KEEL, Checks

SMALL = ('TPM2_GetRandom, 32 bytes', 'TPM2_PCR_Extend, SHA-256')
# kernel/ipc/service_table.c
QUOTAS = {'heap_bytes': 512 << 12, 'stack_bytes': 32 << 12}
# Nothing random in what these take: the library's own part is the same in both places.
STEADY = (*SMALL, 'TPM2_SelfTest, full', 'ECC P-256 primary key', 'TPM2_Sign, ECC P-256')


def main():
    """One run: random seeds and keys make each another."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='keel-bench-') as folder:
        path = os.path.join(folder, 'bench.json')
        done = subprocess.run([KEEL, 'bench', '--tpm', '--json', path], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                              check=False)
        print(done.stdout, end='', flush=True)
        if checks.that('the bench comes to its end, each stay short enough', done.returncode == 0, done.returncode):
            with open(path, encoding='utf-8') as file:
                numbers = json.load(file)
            commands = numbers['commands']
            for name, quota in QUOTAS.items():
                checks.that(f'{name}: half of the quota suffices', 0 < numbers[name] <= quota / 2, numbers[name])
            for name in SMALL:
                row = commands[name]
                checks.that(f'{name}: in one call', row['calls'] == row['commands'], row)
            for name in STEADY:
                row = commands[name]
                checks.that(f'{name}: of the order of what a host takes',
                            row['instructions'] / 2 < row['host_instructions'] < row['instructions'] * 2, row)
    checks.end()


if __name__ == '__main__':
    main()
