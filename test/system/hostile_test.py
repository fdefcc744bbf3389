"""Runs the guest of the hostile service (test/guest/hostile.c), and holds the SVSM's log against its figures.

Usage: hostile_test.py VMPL [CPUS]
Each try has to fail, the service that died of it is named in the log, and no other one died.
"""

import re
import sys

from checks import Checks

from guest_test import run

# Services that are told to go wrong; every other one has to live all the while.
HOSTILE = ('hostile', 'intruder', 'glutton', 'faulty')
FIGURES = re.compile(r'figures: tries (\d+) deaths (\d+) calls of others after them (\d+) '
                     r'meanwhile on another CPU (\d+)')
NO_RIGHT = re.compile(r'service (\S+): no right to system call 100d')
# Peers that a try of the intruder's lets die: they are not its deaths.
PEERS_THAT_DIE = 4
# Smaller than the quota of the greediest.
REGION_BYTES = 8 << 20
# System calls without the right, but for the loop of them at the end, which has the rest of its lines.
WITHOUT_RIGHT = {'hostile': 14, 'intruder': 5}
LINES_EACH = 200


def count(lines, pattern):
    """How many lines match."""
    return sum(bool(re.search(pattern, line)) for line in lines)


def check_log(checks, lines, deaths):
    """Each fault is told of the service whose it is."""
    named = re.compile(r'service (\S+): died')
    dead = [match.group(1) for match in map(named.search, lines) if match]
    checks.that('the log names every death', len(dead) == deaths + PEERS_THAT_DIE, (len(dead), deaths))
    checks.that('none but those that were told to died', set(dead) <= set(HOSTILE), set(dead) - set(HOSTILE))
    refused = {name: count(lines, f'service {name}: no right to system call') for name in WITHOUT_RIGHT}
    holds = (refused['intruder'] == WITHOUT_RIGHT['intruder'] and
             WITHOUT_RIGHT['hostile'] < refused['hostile'] < LINES_EACH)
    checks.that('the log names every system call without the right', holds, refused)
    checks.that('one that floods the log silences nobody else',
                [name for name in map(NO_RIGHT.search, lines) if name][-1].group(1) == 'intruder')
    checks.that('nothing was the host\'s or the kernel\'s fault', not count(lines, 'ERROR|keel: host:'),
                [line for line in lines if re.search('ERROR|keel: host:', line)][:3])
    for name in HOSTILE:
        print(f'{name}: {dead.count(name)} deaths, '
              f'{count(lines, f"service {name}: exception")} by exceptions, '
              f'{count(lines, f"service {name}: overran")} by time, '
              f'{count(lines, f"service {name}: broken reply")} by replies')


def main(vmpl, cpus='1'):
    """The whole test."""
    checks = Checks()
    boot = run(checks, 'hostile', vmpl, cpus, region_size=REGION_BYTES)
    found = [match for match in map(FIGURES.search, boot.log('guest')) if match]
    if checks.that('the guest tells its figures', len(found) == 1):
        tries, deaths, served, meanwhile = map(int, found[0].groups())
        print(f'{tries} tries, {deaths} deaths, {served} times the others served on, '
              f'{meanwhile} calls of another CPU meanwhile')
        checks.that('the others served on after each try', served == tries, (served, tries))
        checks.that('and another CPU, where there is one', (meanwhile > 0) == (cpus != '1'), meanwhile)
        check_log(checks, boot.log('svsm'), deaths)
    checks.end()


if __name__ == '__main__':
    main(int(sys.argv[1]), *sys.argv[2:])
