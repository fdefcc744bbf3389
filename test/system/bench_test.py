"""The budgets of docs/performance.md, as counts of instructions: never a time, and the same in every run.

Usage: bench_test.py
"""

import json
import os
import subprocess
import tempfile

from checks import KEEL, LONGEST_STAY, Checks

LONG_LIST = 'validate 2M by long list'
INCOMPLETE, SUCCESS = '0x80000000', '0x00000000'


def measure():
    """One run of tools/keel bench: its exit status and its numbers."""
    with tempfile.TemporaryDirectory(prefix='keel-bench-') as folder:
        path = os.path.join(folder, 'bench.json')
        done = subprocess.run([KEEL, 'bench', '--json', path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors='replace', check=False)
        print(done.stdout, end='', flush=True)
        if not os.path.exists(path):
            return done.returncode, None
        with open(path, encoding='utf-8') as file:
            return done.returncode, json.load(file)


def main():
    """Two runs: within the budgets, and equal."""
    checks = Checks()
    status, numbers = measure()
    if checks.that('the bench comes to its end', numbers is not None):
        for name, figure in numbers['figures'].items():
            checks.that(f'{name} is within its budget', 0 < figure['measured'] <= figure['budget'], figure)
        checks.that('it says so by its exit status', status == 0, status)
        long_list = numbers['phases'][LONG_LIST]['results']
        checks.that('a list of 510 large pages is answered in parts', set(long_list) == {INCOMPLETE, SUCCESS}
                    and long_list[SUCCESS] == 1, long_list)
        longest = numbers['longest_stay_instructions']
        checks.that('the longest stay is bounded', 0 < longest <= LONGEST_STAY, longest)
        again = measure()[1]
        checks.that('the second run counts exactly the same', again == numbers, again)
    checks.end()


if __name__ == '__main__':
    main()
