"""How many tests run at once follows from cores, quota and memory, the least of them; never none.

Usage: at_once_test.py
"""

from checks import Checks

import at_once

PLENTY = 'MemTotal: 1 kB\nMemAvailable:  99000000 kB\nBuffers: 2 kB\n'
ROWS = (
    ('a core each', 2, '', PLENTY, 2),
    ('no more than a quota', 64, '200000 100000\n', PLENTY, 2),
    ('no quota', 4, 'max 100000\n', PLENTY, 4),
    ('less than a core', 4, '50000 100000\n', PLENTY, 1),
    ('no more than memory', 8, '', 'MemAvailable:    7900000 kB\n', 3),
    ('little memory', 8, '', 'MemAvailable:    1000000 kB\n', 1),
    ('nothing known of memory', 3, '', '', 3),
    ('no more than pipes', 64, '', PLENTY, 16),
)


def main():
    """Every row, and this machine."""
    checks = Checks()
    for name, cores, quota, memory, want in ROWS:
        got = at_once.limit(cores, quota, memory)
        checks.that(name, got == want, got)
    checks.that('this machine', 1 <= at_once.tests() <= at_once.MOST, at_once.tests())
    checks.end()


if __name__ == '__main__':
    main()
