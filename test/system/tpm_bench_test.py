"""What the TPM costs, printed; that no command holds the CPU for long, and that small ones are answered at once.

Usage: tpm_bench_test.py
"""

import json
import os
import subprocess
import tempfile

from checks import KEEL, Checks

SMALL = ('TPM2_GetRandom, 32 bytes', 'TPM2_PCR_Extend, SHA-256')


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
                commands = json.load(file)['commands']
            for name in SMALL:
                row = commands[name]
                checks.that(f'{name}: in one call', row['calls'] == row['commands'], row)
    checks.end()


if __name__ == '__main__':
    main()
